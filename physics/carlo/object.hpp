#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "vitrine/model/material.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::physics::carlo {

/// What is at a place of an object.
struct Content {
  float density = 0.0f;        ///< g/mm^3; 0: nothing
  std::uint16_t material = 0;  ///< index into Object::materials
  std::uint16_t region = 0;    ///< index into Object::regions: whose dose it counts for
};

/// A cylinder along z.
struct Rod {
  double x = 0.0, y = 0.0, radius = 0.0;  ///< mm
  double low = 0.0, high = 0.0;           ///< its ends, mm
  Content content;
  double flattening = 1.0;  ///< `radius` is that along x: over the one along y
};

/// What photons are carried through; around it is nothing.
///
/// Voxels on a grid along the axes, each all of one material; or, where there are none, a cylinder
/// with exact walls and inserts that lie within it, apart from each other.
struct Object {
  std::vector<Material> materials;
  std::vector<std::string> regions{"body"};
  Grid grid;
  std::vector<Content> voxels;  ///< i fastest
  Rod body;
  std::vector<Rod> inserts;

  /// Mass of each region, g.
  std::vector<double> masses() const;
};

/// A cylinder of one material at its own density about the z axis, its middle at the origin.
Object cylinder(const Material& material, double diameter, double length);

/// The same object in voxels: content of the voxel's centre, in a box of `spacing` mm.
Object voxelised(const Object& rods, double spacing);

}  // namespace vitrine::physics::carlo

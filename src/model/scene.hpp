#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/model/material.hpp"
#include "vitrine/model/shared_array.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine {

/// How much of one material a term adds where it is; negative where it displaces what was there.
struct Delta {
  std::uint32_t material = 0;  ///< index into Scene::materials
  double density = 0.0;        ///< g/mm^3, signed
};

/// A rigid motion: rotation about the origin, then translation, in patient space.
struct Pose {
  Mat3 rotation = Mat3::Identity();
  Vec3 translation = Vec3::Zero();  ///< mm

  Vec3 apply(const Vec3& p) const { return rotation * p + translation; }
};

/// A convex solid: every ray crosses it in one interval. Its chord is exact.
struct Solid {
  enum class Kind : std::uint8_t {
    ellipsoid,  ///< half_axes along the columns of `axes`
    cylinder,   ///< elliptic, flat ends: half_axes x, y across, z half the length
    capsule,    ///< all points within half_axes.x of the segment of half length half_axes.z
    box,        ///< half_axes along the columns of `axes`
    cone,       ///< an elliptic cylinder whose sections grow by `taper` towards +z
  };
  /// A half space normal . p <= offset, normal of length 1.
  struct Plane {
    Vec3 normal = Vec3::UnitZ();
    double offset = 0.0;  ///< mm
  };

  Kind kind = Kind::ellipsoid;
  Vec3 centre = Vec3::Zero();     ///< mm
  Vec3 half_axes = Vec3::Ones();  ///< mm
  Mat3 axes = Mat3::Identity();   ///< orthonormal columns
  std::vector<Plane> cuts;        ///< the solid is what lies inside all of them
  /// Of a cone, in [-1, 1]: its section at local z has half axes x and y times 1 + taper z / half
  /// length; 1 ends in a point at -z.
  double taper = 0.0;
};

/// Densities added wherever *all* of some solids are.
///
/// One solid is a plain additive primitive. Several say where solids overlap: "the heart replaces
/// the lung" is lung + heart + (lung and heart, minus the lung's density). An intersection of
/// convex solids is convex, so its chord is the overlap of intervals and every term stays exact.
struct Term {
  std::vector<std::uint32_t> solids;  ///< indices into Scene::solids, ascending, at least one
  std::vector<Delta> deltas;
};

/// A voxel map of its own resolution and pose, added to the terms: textures.
/// Trilinear between voxel centres, with zeros around them: its mass is that of its voxels.
struct Patch {
  struct Channel {
    std::uint32_t material = 0;  ///< index into Scene::materials
    std::vector<float> density;  ///< g/mm^3, signed, i fastest
  };
  Grid grid;
  std::vector<Channel> channels;
};

/// Voxels that are each one entry of a table: an imported label map, a CT volume in steps of HU.
/// What the entries hold is trilinear between voxel centres, with nothing around them.
struct IndexedMap {
  struct Entry {
    std::string organ;          ///< "" where the voxel belongs to none
    std::vector<Delta> deltas;  ///< none: vacuum
  };
  Grid grid;
  SharedArray<std::uint16_t> index;  ///< into `entries`, i fastest
  std::vector<Entry> entries;
};

/// The share of space that something takes: trilinear between voxel centres, zero outside them.
struct ShareMap {
  Grid grid;
  std::vector<float> share;  ///< in [0, 1], i fastest
};

/// A named part of the patient: the union of its solids. Later organs win where organs overlap.
struct Organ {
  std::string name;
  std::vector<std::uint32_t> solids;
};

/// A region of a lesion that is the same everywhere but for its texture.
struct LesionPart {
  std::string name;          ///< `tissue`, `cavity`, ...
  double volume = 0.0;       ///< mm^3, less the parts inside it
  double density = 0.0;      ///< of everything in it, g/mm^3
  double attenuation = 0.0;  ///< HU at 70 keV, with its contrast medium
  double iodine = 0.0;       ///< contrast medium, g/mm^3
};

/// What is true about one lesion by construction; measurements are compared to this.
struct LesionTruth {
  std::string id;                     ///< `lesion01`, the same in every acquisition of the case
  std::string organ;                  ///< where it grows
  std::string lobe;                   ///< of the organ, if one was asked for
  std::string shape;                  ///< kind from the catalogue
  std::string composition;            ///< kind from the catalogue
  std::vector<std::uint32_t> solids;  ///< its body is the union of these, or
  std::optional<ShareMap> map;        ///< this, where no solids say it
  Vec3 centre = Vec3::Zero();         ///< mm
  double volume = 0.0;                ///< mm^3
  double longest_axial_diameter = 0.0,
         short_axis = 0.0;        ///< mm, in the axial plane of the largest section
  double density = 0.0;           ///< mean density of its interior, g/mm^3
  double iodine = 0.0;            ///< mean contrast medium in it, g/mm^3
  double attenuation = 0.0;       ///< mean HU at 70 keV, with the contrast medium
  std::vector<LesionPart> parts;  ///< outermost first; their volumes sum to that of the body
};

/// One patient at one time point: plain data, built by phantoms/, projected by physics/.
///
/// The density of material m at a point is the sum of the deltas of the terms that contain the
/// point, plus the patches and the indexed maps. Outside everything is vacuum.
struct Scene {
  std::vector<Material> materials;
  std::vector<Solid> solids;
  std::vector<Term> terms;
  std::vector<Patch> patches;
  std::vector<IndexedMap> maps;
  std::vector<Organ> organs;
  std::vector<LesionTruth> lesions;
};

/// Where a line is inside a solid: [enter, leave] along p + t d, enter > leave if nowhere.
struct Interval {
  double enter = 1.0, leave = -1.0;
  bool empty() const { return enter >= leave; }
  double length() const { return empty() ? 0.0 : leave - enter; }
};

/// The interval of the line origin + t direction (any length of direction; t in its units).
Interval intersect(const Solid& solid, const Vec3& origin, const Vec3& direction);

bool contains(const Solid& solid, const Vec3& point);

/// Smallest sphere about the solid's centre that holds it: its radius, mm (cuts are not
/// considered).
double bounding_radius(const Solid& solid);

/// No point of a lesion's body is farther from its centre, mm (an upper bound).
double reach(const Scene& scene, const LesionTruth& lesion);

/// The solid, moved.
Solid moved(const Solid& solid, const Pose& pose);

/// The whole patient, moved.
Scene moved(Scene scene, const Pose& pose);

}  // namespace vitrine

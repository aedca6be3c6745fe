#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// A point of the lattice of half voxels: twice the voxel coordinates, so that edge midpoints are
/// whole numbers and geometry on them is exact.
using HalfVoxel = std::array<std::int32_t, 3>;

/// What is measured of the surface between the voxels of a mask and the rest.
struct Surface {
  double volume = 0;  ///< mm^3
  double area = 0;    ///< mm^2
  /// Mesh vertices, all that can be extreme in any direction (and some that are not).
  std::vector<HalfVoxel> outline;
};

/// Marching cubes at 0.5 on a mask of zeros and ones with a border of zeros.
///
/// Vertices are edge midpoints. Diagonal voxels of a face are kept apart, and polygons are cut into
/// triangles by a symmetric rule, so mirrored and turned masks have the same volume and area.
Surface marching_cubes(std::span<const std::uint8_t> mask, std::array<Index, 3> size,
                       const Vec3& spacing);

}  // namespace vitrine::radiomics

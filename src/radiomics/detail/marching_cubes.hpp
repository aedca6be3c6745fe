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

/// The surface's polygons in a cube whose corner c, at (c & 1, c >> 1 & 1, c >> 2 & 1), is
/// inside if bit c of `corners` is set: edge midpoints, in units of the cube's edge. Diagonal
/// corners of a face are kept apart.
std::vector<std::vector<Vec3>> surface_polygons(int corners);

/// In units of the cube's edge.
using Triangle = std::array<Vec3, 3>;

/// Calls `visit(corners, i, j, k)` for every cube of eight voxels, from voxel (i, j, k) on.
template <class Visit>
void for_each_cube(std::span<const std::uint8_t> mask, std::array<Index, 3> size, Visit visit) {
  const Index nx = size[0], ny = size[1], nz = size[2];
  for (Index k = 0; k + 1 < nz; ++k)
    for (Index j = 0; j + 1 < ny; ++j) {
      const std::uint8_t* row = mask.data() + (k * ny + j) * nx;
      const auto column = [&](Index i) {  // the corners at one i
        return row[i] | row[i + nx] << 2 | row[i + nx * ny] << 4 | row[i + nx * ny + nx] << 6;
      };
      int low = column(0);
      for (Index i = 1; i < nx; ++i) {
        const int high = column(i);
        visit(low | high << 1, i - 1, j, k);
        low = high;
      }
    }
}

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

#pragma once
#include <array>
#include <cstddef>
#include <optional>

#include "vitrine/model/volume.hpp"

namespace vitrine {

/// The eight voxels about a point and their trilinear weights.
///
/// The weights sum to 1 if `inside`; else some of the eight would lie outside the grid: these have
/// weight 0 and the index of another.
struct Cell {
  std::array<std::size_t, 8> voxel{};
  std::array<double, 8> weight{};
  bool inside = true;
};

/// The cell of a grid that a point [mm] lies in; nothing where it is a voxel or more from the
/// outermost voxel centres. A point closer than 1e-6 voxels to a plane of voxel centres counts as
/// on it.
std::optional<Cell> cell_at(const Grid& grid, const Vec3& point);

/// The voxel that holds a point [mm], each with its half of the way to its neighbours.
std::optional<std::size_t> voxel_at(const Grid& grid, const Vec3& point);

}  // namespace vitrine

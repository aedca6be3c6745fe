#include "vitrine/model/lattice.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine {
namespace {

constexpr double slack = 1e-6;  // voxels

Vec3 voxels_from_first(const Grid& grid, const Vec3& point) {
  return (grid.axes.transpose() * (point - grid.origin)).cwiseQuotient(grid.spacing);
}

}  // namespace

std::optional<Cell> cell_at(const Grid& grid, const Vec3& point) {
  const Vec3 at = voxels_from_first(grid, point);
  std::array<Index, 3> low{};
  std::array<double, 3> upper{};  // weight of the upper plane
  for (std::size_t a = 0; a < 3; ++a) {
    const double last = double(grid.size[a] - 1);
    double x = at[Eigen::Index(a)];
    if (!(x >= -slack && x <= last + slack) || last < 1.0) return {};
    const double nearest = std::nearbyint(x);
    if (std::abs(x - nearest) <= slack) x = nearest;
    x = std::clamp(x, 0.0, last);
    low[a] = std::min(Index(x), grid.size[a] - 2);
    upper[a] = x - double(low[a]);
  }
  Cell cell;
  const auto first = std::size_t(grid.offset(low[0], low[1], low[2]));
  const auto row = std::size_t(grid.size[0]), slice = row * std::size_t(grid.size[1]);
  for (std::size_t c = 0; c < 8; ++c) {
    const std::size_t i = c & 1, j = c >> 1 & 1, k = c >> 2;
    cell.voxel[c] = first + i + j * row + k * slice;
    cell.weight[c] = (i ? upper[0] : 1.0 - upper[0]) * (j ? upper[1] : 1.0 - upper[1]) *
                     (k ? upper[2] : 1.0 - upper[2]);
  }
  return cell;
}

std::optional<std::size_t> voxel_at(const Grid& grid, const Vec3& point) {
  const Vec3 at = voxels_from_first(grid, point);
  std::array<Index, 3> voxel{};
  for (std::size_t a = 0; a < 3; ++a) {
    // Halves go up, so that neighbours share no point; the last voxel keeps its upper face.
    const double x = at[Eigen::Index(a)], n = double(grid.size[a]);
    if (!(x >= -0.5 - slack && x <= n - 0.5 + slack)) return {};
    voxel[a] = std::clamp(Index(std::floor(x + 0.5)), Index{0}, grid.size[a] - 1);
  }
  return std::size_t(grid.offset(voxel[0], voxel[1], voxel[2]));
}

}  // namespace vitrine

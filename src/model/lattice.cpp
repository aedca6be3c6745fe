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
  Cell cell;
  std::array<std::array<Index, 2>, 3> plane{};
  std::array<std::array<double, 2>, 3> weight{};
  for (std::size_t a = 0; a < 3; ++a) {
    double x = at[Eigen::Index(a)];
    const double n = double(grid.size[a]);
    if (!(x > -1.0 && x < n)) return {};
    const double nearest = std::nearbyint(x);
    if (std::abs(x - nearest) <= slack) x = nearest;
    // On the last plane of centres the cell is the one before it, if there is one.
    const double low = x == n - 1.0 && x > 0.0 ? x - 1.0 : std::floor(x);
    plane[a] = {Index(low), Index(low) + 1};
    weight[a] = {1.0 - (x - low), x - low};
    if (plane[a][0] < 0) {
      plane[a][0] = 0;
      weight[a][0] = 0.0;
      cell.inside = false;
    }
    if (plane[a][1] >= grid.size[a]) {
      plane[a][1] = grid.size[a] - 1;
      weight[a][1] = 0.0;
      cell.inside = cell.inside && weight[a][0] == 1.0;
    }
  }
  for (std::size_t c = 0; c < 8; ++c) {
    const std::size_t i = c & 1, j = c >> 1 & 1, k = c >> 2;
    cell.voxel[c] = std::size_t(grid.offset(plane[0][i], plane[1][j], plane[2][k]));
    cell.weight[c] = weight[0][i] * weight[1][j] * weight[2][k];
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

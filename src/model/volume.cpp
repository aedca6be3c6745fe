#include "vitrine/model/volume.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine {

GridBox box_about(const Grid& grid, const Vec3& centre, double reach) {
  GridBox box;
  box.grid = grid;
  const Vec3 at = (grid.axes.transpose() * (centre - grid.origin)).cwiseQuotient(grid.spacing);
  for (int a = 0; a < 3; ++a) {
    const auto axis = std::size_t(a);
    const auto voxel = [&](double x) {
      return Index(std::clamp(x, 0.0, double(grid.size[axis] - 1)));
    };
    const double half = reach / grid.spacing[a];
    box.first[axis] = voxel(std::floor(at[a] - half));
    box.grid.size[axis] = voxel(std::ceil(at[a] + half)) - box.first[axis] + 1;
  }
  box.grid.origin = grid.centre(box.first[0], box.first[1], box.first[2]);
  return box;
}

}  // namespace vitrine

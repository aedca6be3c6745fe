#include "vitrine/phantoms/patch_value.hpp"

#include <cmath>

namespace vitrine::phantoms {

double patch_value(const Grid& grid, std::span<const float> values, const Vec3& point) {
  const Vec3 at = (grid.axes.transpose() * (point - grid.origin)).cwiseQuotient(grid.spacing);
  std::array<Index, 3> low{};
  Vec3 w;
  for (int a = 0; a < 3; ++a) {
    const double floor = std::floor(at[a]);
    if (floor < 0.0 || floor + 1.0 >= double(grid.size[std::size_t(a)])) return 0.0;
    low[std::size_t(a)] = Index(floor);
    w[a] = at[a] - floor;
  }
  double sum = 0.0;
  for (int corner = 0; corner < 8; ++corner) {
    const int di = corner & 1, dj = corner >> 1 & 1, dk = corner >> 2;
    const double weight =
        (di ? w.x() : 1.0 - w.x()) * (dj ? w.y() : 1.0 - w.y()) * (dk ? w.z() : 1.0 - w.z());
    sum += weight * double(values[std::size_t(grid.offset(low[0] + di, low[1] + dj, low[2] + dk))]);
  }
  return sum;
}

}  // namespace vitrine::phantoms

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/physics/detail/map_masses.hpp"

namespace vitrine::physics::detail {

void add_map_masses(const IndexedMap& map, const Ray& ray, std::vector<double>& masses) {
  const Grid& grid = map.grid;
  // Voxels from the first one: start + t speed.
  const Vec3 start =
      (grid.axes.transpose() * (ray.origin - grid.origin)).cwiseQuotient(grid.spacing);
  const Vec3 speed = (grid.axes.transpose() * ray.direction).cwiseQuotient(grid.spacing);
  Interval inside{-1e300, 1e300};
  for (int a = 0; a < 3; ++a) {
    const double last = double(grid.size[std::size_t(a)] - 1);
    if (last < 1.0) return;
    if (speed[a] == 0.0) {
      if (start[a] < 0.0 || start[a] > last) return;
      continue;
    }
    const double t0 = -start[a] / speed[a], t1 = (last - start[a]) / speed[a];
    inside = {std::max(inside.enter, std::min(t0, t1)), std::min(inside.leave, std::max(t0, t1))};
  }
  if (inside.empty()) return;

  std::vector<double> cuts{inside.enter, inside.leave};
  for (int a = 0; a < 3; ++a) {
    if (speed[a] == 0.0) continue;
    const double u0 = start[a] + inside.enter * speed[a], u1 = start[a] + inside.leave * speed[a];
    for (double u = std::ceil(std::min(u0, u1)); u < std::max(u0, u1); u += 1.0)
      cuts.push_back(std::clamp((u - start[a]) / speed[a], inside.enter, inside.leave));
  }
  std::sort(cuts.begin(), cuts.end());

  constexpr double gauss = 0.57735026918962576;  // 1 / sqrt(3)
  const double stretch = ray.direction.norm();
  for (std::size_t n = 0; n + 1 < cuts.size(); ++n) {
    const double middle = 0.5 * (cuts[n] + cuts[n + 1]), half = 0.5 * (cuts[n + 1] - cuts[n]);
    if (half <= 0.0) continue;
    std::array<Index, 3> low{};
    for (std::size_t a = 0; a < 3; ++a) {
      const double u = start[Eigen::Index(a)] + middle * speed[Eigen::Index(a)];
      low[a] = std::clamp(Index(std::floor(u)), Index{0}, grid.size[a] - 2);
    }
    for (int corner = 0; corner < 8; ++corner) {
      double share = 0.0;
      for (const double at : {middle - gauss * half, middle + gauss * half}) {
        double weight = half * stretch;
        for (int a = 0; a < 3; ++a) {
          const double f = start[a] + at * speed[a] - double(low[std::size_t(a)]);
          weight *= corner >> a & 1 ? f : 1.0 - f;
        }
        share += weight;
      }
      const auto voxel = std::size_t(
          grid.offset(low[0] + (corner & 1), low[1] + (corner >> 1 & 1), low[2] + (corner >> 2)));
      for (const Delta& delta : map.entries[map.index[voxel]].deltas)
        masses[delta.material] += share * delta.density;
    }
  }
}

}  // namespace vitrine::physics::detail

#include "vitrine/phantoms/truth.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/interval_union.hpp"

namespace vitrine::phantoms {
namespace {

constexpr int raster = 400;      // lines across the bounding box, each way, for the volume
constexpr int sections = 81;     // axial planes, and lines in each, for the diameters
constexpr int directions = 180;  // over half a turn

double union_length(std::vector<Interval>& crossed) {
  double length = 0.0;
  each_covered(crossed, [&](double enter, double leave) { length += leave - enter; });
  return length;
}

}  // namespace

Extent measure_union(std::span<const Solid> solids) {
  Bounds box;
  for (const Solid& solid : solids) box = hull(box, bounds(solid));
  const Vec3 &low = box.low, &high = box.high;
  Extent extent;
  extent.low = low.z();
  extent.high = high.z();
  const Vec3 size = high - low;

  std::vector<Interval> crossed;
  const double dx = size.x() / raster, dy = size.y() / raster;
  for (int j = 0; j < raster; ++j)
    for (int i = 0; i < raster; ++i) {
      crossed.clear();
      const Vec3 origin(low.x() + (i + 0.5) * dx, low.y() + (j + 0.5) * dy, 0.0);
      for (const Solid& solid : solids)
        if (const Interval inside = intersect(solid, origin, Vec3::UnitZ()); !inside.empty())
          crossed.push_back(inside);
      extent.volume += union_length(crossed) * dx * dy;
    }

  std::array<double, directions> cosine{}, sine{};
  for (int d = 0; d < directions; ++d) {
    cosine[std::size_t(d)] = math::cos(std::numbers::pi * d / directions);
    sine[std::size_t(d)] = math::sin(std::numbers::pi * d / directions);
  }
  for (int k = 0; k < sections; ++k) {
    const double z = low.z() + (k + 0.5) / sections * size.z();
    std::array<double, directions> least, most;
    least.fill(1e30);
    most.fill(-1e30);
    const auto reached = [&](const Vec3& p) {
      for (std::size_t d = 0; d < directions; ++d) {
        const double along = p.x() * cosine[d] + p.y() * sine[d];
        least[d] = std::min(least[d], along);
        most[d] = std::max(most[d], along);
      }
    };
    // Lines along x and along y: between them the ends lie densely wherever the outline turns.
    for (const int axis : {0, 1})
      for (int j = 0; j < sections; ++j) {
        Vec3 origin(0.0, 0.0, z);
        origin[1 - axis] = low[1 - axis] + (j + 0.5) / sections * size[1 - axis];
        for (const Solid& solid : solids) {
          const Interval inside = intersect(solid, origin, Vec3::Unit(axis));
          if (inside.empty()) continue;
          reached(origin + inside.enter * Vec3::Unit(axis));
          reached(origin + inside.leave * Vec3::Unit(axis));
        }
      }
    for (std::size_t d = 0; d < directions; ++d) {
      const double width = most[d] - least[d];
      if (width <= extent.longest_axial_diameter) continue;
      const std::size_t across = (d + directions / 2) % directions;
      extent.longest_axial_diameter = width;
      extent.short_axis = most[across] - least[across];
    }
  }
  return extent;
}

}  // namespace vitrine::phantoms

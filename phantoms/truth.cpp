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

/// Widths of one axial section over half a turn, and the largest of all sections.
class Widths {
 public:
  Widths() {
    for (int d = 0; d < directions; ++d) {
      cosine_[std::size_t(d)] = math::cos(std::numbers::pi * d / directions);
      sine_[std::size_t(d)] = math::sin(std::numbers::pi * d / directions);
    }
  }
  void begin_section() {
    least_.fill(1e30);
    most_.fill(-1e30);
  }
  void reached(const Vec3& p) {
    for (std::size_t d = 0; d < directions; ++d) {
      const double along = p.x() * cosine_[d] + p.y() * sine_[d];
      least_[d] = std::min(least_[d], along);
      most_[d] = std::max(most_[d], along);
    }
  }
  void end_section(Extent& extent) const {
    for (std::size_t d = 0; d < directions; ++d) {
      const double width = most_[d] - least_[d];
      if (width <= extent.longest_axial_diameter) continue;
      const std::size_t across = (d + directions / 2) % directions;
      extent.longest_axial_diameter = width;
      extent.short_axis = most_[across] - least_[across];
    }
  }

 private:
  std::array<double, directions> cosine_{}, sine_{}, least_{}, most_{};
};

Bounds box_about(std::span<const Solid> solids) {
  Bounds box;
  for (const Solid& solid : solids) box = hull(box, bounds(solid));
  return box;
}

}  // namespace

double volume_of_union(std::span<const Solid> solids, int lines) {
  const Bounds box = box_about(solids);
  const double dx = (box.high.x() - box.low.x()) / lines, dy = (box.high.y() - box.low.y()) / lines;
  std::vector<Interval> crossed;
  double volume = 0.0;
  for (int j = 0; j < lines; ++j)
    for (int i = 0; i < lines; ++i) {
      crossed.clear();
      const Vec3 origin(box.low.x() + (i + 0.5) * dx, box.low.y() + (j + 0.5) * dy, 0.0);
      for (const Solid& solid : solids)
        if (const Interval inside = intersect(solid, origin, Vec3::UnitZ()); !inside.empty())
          crossed.push_back(inside);
      volume += union_length(crossed) * dx * dy;
    }
  return volume;
}

Extent measure_union(std::span<const Solid> solids) {
  const Bounds box = box_about(solids);
  const Vec3& low = box.low;
  const Vec3 size = box.high - low;
  Extent extent;
  extent.low = low.z();
  extent.high = box.high.z();
  extent.volume = volume_of_union(solids, raster);

  Widths widths;
  for (int k = 0; k < sections; ++k) {
    const double z = low.z() + (k + 0.5) / sections * size.z();
    widths.begin_section();
    // Lines along x and along y: between them the ends lie densely wherever the outline turns.
    for (const int axis : {0, 1})
      for (int j = 0; j < sections; ++j) {
        Vec3 origin(0.0, 0.0, z);
        origin[1 - axis] = low[1 - axis] + (j + 0.5) / sections * size[1 - axis];
        for (const Solid& solid : solids) {
          const Interval inside = intersect(solid, origin, Vec3::Unit(axis));
          if (inside.empty()) continue;
          widths.reached(origin + inside.enter * Vec3::Unit(axis));
          widths.reached(origin + inside.leave * Vec3::Unit(axis));
        }
      }
    widths.end_section(extent);
  }
  return extent;
}

Extent measure_map(const ShareMap& map) {
  const Grid& grid = map.grid;
  Extent extent;
  for (const float share : map.share) extent.volume += double(share);
  extent.volume *= grid.voxel_volume();
  extent.low = 1e30;
  extent.high = -1e30;
  Widths widths;
  for (Index k = 0; k < grid.size[2]; ++k) {
    widths.begin_section();
    bool met = false;
    for (const int axis : {0, 1}) {
      const auto a = std::size_t(axis), b = std::size_t(1 - axis);
      std::array<Index, 3> at{0, 0, k};
      for (at[b] = 0; at[b] < grid.size[b]; ++at[b]) {
        float before = 0.0f;
        for (at[a] = 0; at[a] < grid.size[a]; ++at[a]) {
          const float here = map.share[std::size_t(grid.offset(at[0], at[1], at[2]))];
          if ((before < 0.5f) != (here < 0.5f)) {
            Vec3 index{double(at[0]), double(at[1]), double(k)};
            index[axis] -= (double(here) - 0.5) / (double(here) - double(before));
            const Vec3 p = grid.origin + grid.axes * grid.spacing.cwiseProduct(index);
            widths.reached(p);
            extent.low = std::min(extent.low, p.z());
            extent.high = std::max(extent.high, p.z());
            met = true;
          }
          before = here;
        }
      }
    }
    if (met) widths.end_section(extent);
  }
  return extent;
}

}  // namespace vitrine::phantoms

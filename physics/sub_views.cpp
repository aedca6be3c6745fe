#include "vitrine/physics/detail/sub_views.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace vitrine::physics::detail {

ScanGeometry refined(const ScanGeometry& geometry, Index sub_views) {
  if (sub_views == 1) return geometry;
  const double step = 2.0 * std::numbers::pi / double(geometry.views_per_rotation);
  ScanGeometry fine = geometry;
  fine.view_angles.clear();
  fine.table_positions.clear();
  fine.focal_shifts.clear();
  const auto& table = geometry.table_positions;
  for (std::size_t v = 0; v < table.size(); ++v) {
    // How far the table moves in a reading: not at all beside a pause.
    const double before =
        v > 0 ? table[v] - table[v - 1] : table[std::min(v + 1, table.size() - 1)] - table[v];
    const double after = v + 1 < table.size() ? table[v + 1] - table[v] : before;
    const double feed = std::abs(before) < std::abs(after) ? before : after;
    for (Index i = 0; i < sub_views; ++i) {
      const double part = (double(i) + 0.5) / double(sub_views) - 0.5;
      fine.view_angles.push_back(geometry.view_angles[v] + part * step);
      fine.table_positions.push_back(table[v] + part * feed);
      if (!geometry.focal_shifts.empty()) fine.focal_shifts.push_back(geometry.focal_shifts[v]);
    }
  }
  return fine;
}

ScanGeometry part_of(const ScanGeometry& geometry, std::span<const Index> views) {
  const auto part = [&](auto& some, const auto& all) {
    some.clear();
    if (all.empty()) return;
    for (const Index v : views) some.push_back(all[std::size_t(v)]);
  };
  ScanGeometry out = geometry;
  part(out.view_angles, geometry.view_angles);
  part(out.table_positions, geometry.table_positions);
  part(out.view_times, geometry.view_times);
  part(out.focal_shifts, geometry.focal_shifts);
  return out;
}

ScanGeometry part_of(const ScanGeometry& geometry, Index first, Index count) {
  std::vector<Index> views(static_cast<std::size_t>(count));
  std::iota(views.begin(), views.end(), first);
  return part_of(geometry, views);
}

}  // namespace vitrine::physics::detail

#include "vitrine/recon/detail/field_of_view.hpp"

#include <algorithm>

#include "vitrine/core/math.hpp"

namespace vitrine::recon::detail {

Circle::Circle(const Grid& grid, double radius, double axis_y)
    : begin(std::size_t(grid.size[1]), std::int32_t(grid.size[0])),
      end(std::size_t(grid.size[1]), 0),
      column_begin(std::size_t(grid.size[0]), std::int32_t(grid.size[1])),
      column_end(std::size_t(grid.size[0]), 0) {
  const auto inside = [&](Index i, Index j) {
    const double x = grid.origin.x() + double(i) * grid.spacing.x();
    const double y = grid.origin.y() + double(j) * grid.spacing.y() - axis_y;
    return x * x + y * y <= radius * radius;
  };
  const auto narrow = [](Index count, auto&& holds, std::int32_t& first, std::int32_t& last) {
    Index low = 0, high = count;
    while (low < high && !holds(low)) ++low;
    while (high > low && !holds(high - 1)) --high;
    first = std::int32_t(low);
    last = std::int32_t(high);
  };
  for (Index j = 0; j < grid.size[1]; ++j)
    narrow(
        grid.size[0], [&](Index i) { return inside(i, j); }, begin[std::size_t(j)],
        end[std::size_t(j)]);
  for (Index i = 0; i < grid.size[0]; ++i)
    narrow(
        grid.size[1], [&](Index j) { return inside(i, j); }, column_begin[std::size_t(i)],
        column_end[std::size_t(i)]);
}

Circle::Part Circle::part(Index first_column, Index width, Index first_row, Index height) const {
  Part part;
  for (Index j = first_row; j < first_row + height; ++j) {
    const auto within = [&](std::int32_t i) {
      return std::int32_t(std::clamp<Index>(i - first_column, 0, width));
    };
    part.begin.push_back(within(begin[std::size_t(j)]));
    part.end.push_back(within(end[std::size_t(j)]));
  }
  return part;
}

FieldOfView::FieldOfView(const Rebinned& scan, const Grid& grid)
    : any_(grid, scan.scan().field_of_view_radius()) {
  if (!scan.is_askew()) return;
  // The axis goes through each slice elsewhere, and rays that see a slice have axes about there.
  const ScanGeometry& g = scan.scan();
  const double all = g.field_of_view_radius(), lean = math::tan(g.tilt);
  const double beam = 0.5 * double(g.rows) * g.row_pitch_at_iso() * (1.0 + all / g.source_to_iso);
  const double seen = all - std::abs(lean) * beam;
  for (Index k = 0; k < grid.size[2]; ++k)
    slices_.emplace_back(grid, seen, lean * (grid.centre(0, 0, k).z() - scan.centre_z()));
  any_.begin.assign(std::size_t(grid.size[1]), std::int32_t(grid.size[0]));
  any_.end.assign(std::size_t(grid.size[1]), 0);
  for (const Circle& slice : slices_)
    for (std::size_t j = 0; j < any_.begin.size(); ++j) {
      if (slice.begin[j] >= slice.end[j]) continue;
      any_.begin[j] = std::min(any_.begin[j], slice.begin[j]);
      any_.end[j] = std::max(any_.end[j], slice.end[j]);
    }
}

}  // namespace vitrine::recon::detail

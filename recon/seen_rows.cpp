#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/recon/detail/line_places.hpp"

namespace vitrine::recon::detail {

std::vector<SomeRows> seen_rows(const Rebinned& scan, const LineFilter& filter,
                                const LinePlaces& lines, const Grid& grid,
                                const ImageReach& reach) {
  const double hx = 0.5 * double(grid.size[0] - 1) * grid.spacing.x();
  const double hy = 0.5 * double(grid.size[1] - 1) * grid.spacing.y();
  const Vec3 middle = grid.centre(0, 0, 0) + Vec3(hx, hy, 0.0);
  const double half = 0.5 * double(scan.rows()), centre = 0.5 * double(scan.rows() - 1);
  constexpr double rounding = 0.5;  // rows: what float may be off, and more
  const Index half_turn = scan.angles() / 2, sources = scan.half_turns(), samples = lines.samples();
  std::vector<SomeRows> found(std::size_t(half_turn * sources));
  parallel_for(half_turn, [&](Index a) {
    const double c = math::cos(scan.angle(a)), s = math::sin(scan.angle(a));
    const double across = std::abs(c) * hx + std::abs(s) * hy;
    const double mid =
        0.5 * double(filter.samples() - 1) + (middle.x() * c + middle.y() * s) / filter.spacing();
    const double wide = across / filter.spacing() + 17.0;  // whole eights, on either side
    const auto first = Index(std::clamp(mid - wide, 0.0, double(samples - 1)));
    const auto end = Index(std::clamp(mid + wide, 0.0, double(samples - 1))) + 1;
    const double along = -middle.x() * s + middle.y() * c;
    const double deep = std::abs(s) * hx + std::abs(c) * hy + reach.beyond;
    struct Offsets {
      double low = 1e30, high = -1e30;  ///< rows from the detector's middle
      double least() const { return low > 0.0 ? low : high < 0.0 ? -high : 0.0; }
      double most() const { return std::max(-low, high); }
    };
    std::vector<Offsets> seen{std::size_t(sources), Offsets{}};
    double nearest = 1e30;  // no slice is farther from the source that misses it least
    for (Index source = 0; source < sources; ++source) {
      if (!scan.holds(source, a)) continue;
      const auto line = std::size_t(a * sources + source);
      const double side = double(lines.side[std::size_t(source)]);
      Offsets& offsets = seen[std::size_t(source)];
      for (Index m = first; m < end; ++m) {
        const auto at = std::size_t(lines.place[line] + m);
        const double depth = double(lines.depth[at]) + side * along;
        if (depth - deep < 1.0) {  // at the focal spot: anything
          offsets = {-1e30, 1e30};
          break;
        }
        const double ahead = double(lines.source_z[line]) + double(lines.lead[at]) * side;
        for (const double z : {reach.low_z - ahead, reach.high_z - ahead})
          for (const double distance : {depth - deep, depth + deep}) {
            const double offset =
                double(lines.row_scale[at]) * z / distance + double(lines.row_shift[line]);
            offsets.low = std::min(offsets.low, offset - rounding);
            offsets.high = std::max(offsets.high, offset + rounding);
          }
      }
      nearest = std::min(nearest, offsets.most());
    }
    for (Index source = 0; source < sources; ++source) {
      const Offsets& offsets = seen[std::size_t(source)];
      SomeRows& part = found[std::size_t(a * sources + source)];
      part = {0, 0};
      if (!scan.holds(source, a) ||
          (offsets.least() > half + rounding && offsets.least() > nearest))
        continue;
      const double rows = double(scan.rows());
      part.begin = Index(std::clamp(offsets.low + centre - 1.0, 0.0, rows - 2.0));
      part.end = Index(std::clamp(offsets.high + centre + 3.0, 2.0, rows));
    }
  });
  return found;
}

}  // namespace vitrine::recon::detail

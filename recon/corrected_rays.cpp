#include "vitrine/recon/corrected_rays.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::recon {
namespace {

constexpr int taps = 6;

/// Views `first` to before `end` of a scan.
ScanGeometry part_of(const ScanGeometry& g, Index first, Index end) {
  ScanGeometry part = g;
  const auto cut = [&](std::vector<double>& of_view) {
    if (!of_view.empty()) of_view = {of_view.begin() + first, of_view.begin() + end};
  };
  cut(part.view_angles);
  cut(part.table_positions);
  cut(part.view_times);
  return part;
}

/// Where the rays of a scan are among its parallel lines.
class Places {
 public:
  Places(const ScanGeometry& scan, const Rebinned& lines) : g_(scan), lines_(lines) {}

  /// Lines from the scan's first to that of a ray: a turn at rest closes.
  double line(Index view, Index column) const {
    const double in_turn = double(view % lines_.turn_views()) - later(column) - lines_.view_of(0);
    const double per_view = double(lines_.angles()) / double(g_.views_per_rotation);
    if (lines_.is_helical()) return in_turn * per_view;
    const double turn = double(lines_.angles()), at = in_turn * per_view;
    const Index turns_before = view / lines_.turn_views();
    return at - turn * std::floor(at / turn) + turn * double(turns_before);
  }
  Index next(Index line) const {
    if (lines_.is_helical()) return std::min(line + 1, lines_.lines() - 1);
    return (line + 1) % lines_.angles() == 0 ? line + 1 - lines_.angles() : line + 1;
  }
  double sample(Index column) const {
    const double t = g_.source_to_iso * math::sin(g_.fan_angle(double(column)));
    return std::clamp((t - lines_.position(0.0)) / lines_.spacing(), 0.0,
                      double(lines_.samples() - 1));
  }
  /// The views all of whose rays are between lines.
  std::pair<Index, Index> covered() const {
    if (!lines_.is_helical()) return {0, g_.views()};
    const double one = later(0), other = later(g_.columns - 1);
    const double first = std::ceil(lines_.view_of(0) + std::max(one, other) - 1e-9);
    const double last =
        std::floor(lines_.view_of(lines_.lines() - 1) + std::min(one, other) + 1e-9);
    return {std::max<Index>(0, Index(first)), std::min(g_.views(), Index(last) + 1)};
  }

 private:
  /// Views from that of the axial ray of a column's lines to the column's own.
  double later(Index column) const {
    return g_.fan_angle(double(column)) / (2.0 * std::numbers::pi) * double(g_.views_per_rotation);
  }
  const ScanGeometry& g_;
  const Rebinned& lines_;
};

/// What lines gained, at places between their samples.
class Gains {
 public:
  Gains(const Rebinned& before, const Rebinned& now, const MetalTrace& metal)
      : before_(before), now_(now), half_(now.angles() / 2), shadow_(metal.mask(now)) {}

  struct Place {
    std::array<Index, 2> line;
    double between;  ///< of the two
    double sample, row;
    double cosine;  ///< of the cone angle
  };
  /// The ray that was read as `value`.
  double operator()(const Place& at, double value) const {
    const auto nearest = std::min(Index(at.sample), std::max<Index>(0, now_.samples() - 2));
    const Index first =
        std::clamp<Index>(nearest - 2, 0, std::max<Index>(0, now_.samples() - taps));
    const auto row = std::min(Index(at.row), std::max<Index>(0, now_.rows() - 2));
    if (shadowed(at, nearest, 2, row))
      return sum(at, nearest, 2, row, [&](auto line, auto place) { return now(line, place); }) /
             at.cosine;
    const auto gain = [&](Index line, Index place) {
      return now(line, place) - double(of(before_, line)[std::size_t(place)]);
    };
    const bool near = shadowed(at, first, taps, row);
    return value + sum(at, near ? nearest : first, near ? 2 : taps, row, gain) / at.cosine;
  }

 private:
  std::span<const float> of(const Rebinned& scan, Index line) const {
    return scan.line(line / half_, line % half_);
  }
  double now(Index line, Index place) const { return double(of(now_, line)[std::size_t(place)]); }
  Index rows(Index row) const { return std::min<Index>(2, now_.rows() - row); }

  bool shadowed(const Place& at, Index first, Index count, Index row) const {
    if (shadow_.empty()) return false;
    for (const Index line : at.line)
      for (Index j = first; j < std::min(first + count, now_.samples()); ++j)
        for (Index r = row; r < row + rows(row); ++r)
          if (shadow_[std::size_t((line * now_.samples() + j) * now_.rows() + r)] != 0) return true;
    return false;
  }
  /// Of `count` samples from `first` on, two rows and two lines.
  template <class Value>
  double sum(const Place& at, Index first, Index count, Index row, const Value& value) const {
    const double up = at.row - double(row);
    double all = 0.0;
    for (Index j = first; j < std::min(first + count, now_.samples()); ++j) {
      double share = 1.0;
      for (Index k = first; k < first + count; ++k)
        if (k != j) share *= (at.sample - double(k)) / double(j - k);
      for (Index r = 0; r < rows(row); ++r) {
        const double of_row = rows(row) == 1 ? 1.0 : r == 0 ? 1.0 - up : up;
        const Index place = j * now_.padded_rows() + row + r;
        if (of_row != 0.0)
          all += share * of_row *
                 ((1.0 - at.between) * value(at.line[0], place) +
                  at.between * value(at.line[1], place));
      }
    }
    return all;
  }

  const Rebinned &before_, &now_;
  Index half_;
  std::vector<std::uint8_t> shadow_;  ///< [line][sample][row]
};

}  // namespace

MeasuredRays corrected_rays(const MeasuredRays& rays, const Rebinned& corrected,
                            const MetalTrace& metal, Isa isa) {
  const ScanGeometry& g = rays.values.geometry();
  require(g.tilt == 0.0 && g.focal_shifts.empty(), Error::Kind::unsupported,
          "corrections go back to rays of an upright gantry whose focal spot stands still. Use "
          "algorithm: fbp.");
  const Rebinned before = rebin(rays.values, isa);
  VITRINE_EXPECT(before.lines() == corrected.lines() && before.samples() == corrected.samples());
  const Places places(g, corrected);
  const Gains gains(before, corrected, metal);
  const auto [first_view, end_view] = places.covered();
  require(first_view < end_view, Error::Kind::unsupported, "no view of this helix (", g.views(),
          " of them) has lines of all its rays, which corrections need. Scan farther.");
  const ScanGeometry part = part_of(g, first_view, end_view);
  MeasuredRays out{Sinogram<quantity::LineIntegral>(part), rays.noise,
                   Sinogram<quantity::LineIntegral>(part)};
  if (!out.noise.view_load.empty())
    out.noise.view_load = {rays.noise.view_load.begin() + first_view,
                           rays.noise.view_load.begin() + end_view};
  const double middle = 0.5 * double(g.rows - 1);
  parallel_for(part.views(), [&, first = first_view](Index v) {
    const std::span<const float> read = rays.values.view(first + v);
    std::ranges::copy(read, out.read->view(v).begin());
    const std::span<float> made = out.values.view(v);
    for (Index c = 0; c < g.columns; ++c) {
      const double line = places.line(first + v, c), scale = g.row_scale(double(c));
      const Index lower = std::clamp<Index>(Index(std::floor(line)), 0, corrected.lines() - 1);
      for (Index r = 0; r < g.rows; ++r) {
        const double tangent = g.row_tangent(double(r)) * scale;
        const auto at = std::size_t(c * g.rows + r);
        made[at] = float(gains({{lower, places.next(lower)},
                                line - double(lower),
                                places.sample(c),
                                middle + (double(r) - middle) * scale,
                                1.0 / std::sqrt(1.0 + tangent * tangent)},
                               double(read[at])));
      }
    }
  });
  return out;
}

}  // namespace vitrine::recon

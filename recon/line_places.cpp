#include "vitrine/recon/detail/line_places.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::recon::detail {

LinePlaces::LinePlaces(const Rebinned& scan, const LineFilter& filter, double first_z)
    : scan_(scan), filter_(filter), samples_(8 * filter.blocks()) {
  const Index half_turn = scan.angles() / 2, sources = scan.half_turns();
  for (Index s = 0; s < sources; ++s) side.push_back(s % 2 == 0 ? 1.0f : -1.0f);
  constexpr float nowhere = 1e9f;  // a line that was not measured sees no slice
  for (Index a = 0; a < half_turn; ++a)
    for (Index s = 0; s < sources; ++s) {
      const Index height = scan.height(s, a);
      source_z.push_back(scan.holds(s, a) ? float(scan.source_z(s, a) - first_z) : nowhere);
      place.push_back(std::int32_t(height * samples_));
      row_shift.push_back(float(scan.row_shift(height)));
    }
  const Index heights = scan.is_askew() ? 0 : scan.spots().heights();
  for (Index height = 0; height < heights; ++height) {
    const double radius = scan.spots().radius(height);
    for (Index m = 0; m < samples_; ++m) {
      const double t = filter.position(double(m));
      depth.push_back(float(std::sqrt(std::max(radius * radius - t * t, 0.0))));
      lead.push_back(float(scan.lead(t, height)));
      row_scale.push_back(float(scan.row_scale(t, height)));
    }
  }
}

void LinePlaces::make_room(Index lines) {
  for (auto* of_line : {&depth, &lead, &row_scale})
    of_line->assign(std::size_t(lines * samples_), 1.0f);
}

void LinePlaces::put_askew(Index angle, Index source, Index at) {
  const Index height = scan_.height(source, angle);
  const double way = source % 2 == 0 ? 1.0 : -1.0, radius = scan_.spots().radius(height);
  const double sine = math::sin(scan_.angle(angle)), cosine = math::cos(scan_.angle(angle));
  const double axis = scan_.axis_y(source, angle);
  for (Index m = 0; m < samples_; ++m) {
    // From the place that all lines have in common to the ray's distance from its own axis.
    const double foot = way * (filter_.position(double(m)) - axis * sine);
    const double t = scan_.t_at(foot, way * sine, height);
    const double y = axis + scan_.lead_y(t, height);
    const auto to = std::size_t(at + m);
    depth[to] = float(std::sqrt(std::max(radius * radius - t * t, 0.0)) - way * y * cosine);
    lead[to] = float(way * scan_.lead(t, height));
    row_scale[to] = float(scan_.row_scale(t, height));
  }
}

}  // namespace vitrine::recon::detail

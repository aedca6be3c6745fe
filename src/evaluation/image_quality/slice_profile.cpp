#include "vitrine/evaluation/image_quality/slice_profile.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::evaluation {
namespace {

/// Highest value of the parabola through the samples around `top`, unless that is a plateau's end.
double parabola_peak(const std::vector<double>& x, const std::vector<double>& y, std::size_t top) {
  if (top == 0 || top + 1 >= y.size()) return y[top];
  const double a = x[top - 1] - x[top], b = x[top + 1] - x[top];
  const double u = y[top - 1] - y[top], v = y[top + 1] - y[top];
  const double curvature = (u / a - v / b) / (a - b), slope = u / a - curvature * a;
  constexpr double smooth = 0.8;
  const bool peaked = std::min(y[top - 1], y[top + 1]) > smooth * y[top] && curvature < 0.0;
  return peaked ? y[top] - 0.25 * slope * slope / curvature : y[top];
}

/// Where the profile crosses `level` on the way from `top` in direction `step`; NaN if it does not.
double crossing(const std::vector<double>& x, const std::vector<double>& y, std::size_t top,
                int step, double level) {
  for (auto i = Index(top); i + step >= 0 && i + step < std::ssize(y); i += step) {
    const double a = y[std::size_t(i)] - level, b = y[std::size_t(i + step)] - level;
    if (a >= 0.0 && b < 0.0)
      return x[std::size_t(i)] + (x[std::size_t(i + step)] - x[std::size_t(i)]) * a / (a - b);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

/// Value between pixels, linear; the point lies inside the plane.
double between(const Plane& plane, const Vec2& at) {
  const Vec2 p = (at - plane.first) / plane.pixel;
  const Index i = std::clamp<Index>(Index(std::floor(p.x())), 0, plane.columns - 2);
  const Index j = std::clamp<Index>(Index(std::floor(p.y())), 0, plane.rows - 2);
  const double u = p.x() - double(i), v = p.y() - double(j);
  return (1 - v) * ((1 - u) * plane(i, j) + u * plane(i + 1, j)) +
         v * ((1 - u) * plane(i, j + 1) + u * plane(i + 1, j + 1));
}

}  // namespace

SliceProfile profile_widths(std::vector<double> position, std::vector<double> value) {
  constexpr std::size_t fewest = 5;
  require(value.size() >= fewest && value.size() == position.size(), Error::Kind::data,
          "the profile has ", value.size(), " samples (its widths need ", fewest,
          "). Reconstruct more slices, at a smaller increment.");
  const auto top = std::size_t(std::max_element(value.begin(), value.end()) - value.begin());
  const double peak = parabola_peak(position, value, top);
  require(peak > 0.0, Error::Kind::data, "the profile's highest value is ", peak,
          " HU (nothing stands out of the background). Say where the bead is with --at.");
  SliceProfile p;
  for (double& v : value) v /= peak;
  const double low = crossing(position, value, top, -1, 0.5);
  const double high = crossing(position, value, top, 1, 0.5);
  require(std::isfinite(low) && std::isfinite(high), Error::Kind::data,
          "the profile does not fall to half of its maximum at both ends (it is ", value.front(),
          " and ", value.back(), " there, over ", position.back() - position.front(),
          " mm). Reconstruct more slices around the bead.");
  p.fwhm = std::abs(high - low);
  p.middle = 0.5 * (low + high);
  p.fwtm =
      std::abs(crossing(position, value, top, 1, 0.1) - crossing(position, value, top, -1, 0.1));
  for (const double v : value) p.samples_in_fwhm += v >= 0.5 ? 1 : 0;
  p.position = std::move(position);
  p.value = std::move(value);
  return p;
}

SliceProfile bead_profile(const Image& image, Slices slices, const Vec2& centre, double radius,
                          double outer) {
  std::vector<double> position, value;
  for (Index k = slices.first; k <= slices.last; ++k) {
    const Plane plane = mean_plane(image, {k, k});
    position.push_back(slice_position(image.grid(), k));
    value.push_back(disc(plane, centre, radius, "the bead's region").mean -
                    ring(plane, centre, radius, outer).mean);
  }
  return profile_widths(std::move(position), std::move(value));
}

SliceProfile ramp_profile(const Plane& plane, const Vec2& from, const Vec2& to, double angle,
                          double half_width) {
  require(angle > 0.0 && angle < 0.5 * std::numbers::pi, Error::Kind::input, "the ramp rises by ",
          angle, " rad (it must rise, and by less than a right angle). Give --ramp-angle.");
  const double length = (to - from).norm();
  require(length > 0.0, Error::Kind::input,
          "the ramp's ends are the same point (a profile runs from one to the other). Give two.");
  const Vec2 along = (to - from) / length, across(-along.y(), along.x());
  // Three times the width: a strip, and flanks of the same width on both sides.
  constexpr double flanks = 3.0;
  for (const Vec2& end : {from, to})
    require_inside(plane, end, flanks * half_width, "the ramp's end");
  const auto steps = Index(std::floor(length / plane.pixel));
  const auto lanes = std::max<Index>(1, Index(std::ceil(half_width / plane.pixel)));
  const double slope = math::tan(angle);
  std::vector<double> position, value;
  for (Index s = 0; s <= steps; ++s) {
    const double run = plane.pixel * double(s);
    double inside = 0.0, beside = 0.0, in_count = 0.0, out_count = 0.0;
    for (Index lane = -3 * lanes; lane <= 3 * lanes; ++lane) {
      const double offset = half_width * double(lane) / double(lanes);
      const double v = between(plane, from + run * along + offset * across);
      if (std::abs(lane) <= lanes) inside += v, in_count += 1.0;
      if (std::abs(lane) > 2 * lanes) beside += v, out_count += 1.0;
    }
    position.push_back(run * slope);
    value.push_back(inside / in_count - beside / out_count);
  }
  return profile_widths(std::move(position), std::move(value));
}

}  // namespace vitrine::evaluation

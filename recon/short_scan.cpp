#include "vitrine/recon/short_scan.hpp"

#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::recon {
namespace {

constexpr double pi = std::numbers::pi;

double sine_square(double x) {
  const double s = math::sin(x);
  return s * s;
}

}  // namespace

double ShortScanWeights::half_fan() const { return 0.5 * (arc_ - pi); }

double ShortScanWeights::operator()(double angle, double fan) const {
  if (angle < 0.0 || angle > arc_) return 0.0;
  // Rays of the first views are seen again by the last ones, and the other way round.
  const double first = half_fan() + fan, last = half_fan() - fan;
  if (angle < 2.0 * first) return sine_square(0.25 * pi * angle / first);
  if (angle > arc_ - 2.0 * last) return sine_square(0.25 * pi * (arc_ - angle) / last);
  return 1.0;
}

}  // namespace vitrine::recon

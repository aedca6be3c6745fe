#include "vitrine/evaluation/image_quality/detectability.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/evaluation/image_quality/detail/bessel.hpp"

namespace vitrine::evaluation {
namespace {

constexpr double pi = std::numbers::pi;

/// Integral over the plane of frequencies of a radial function, by the midpoint rule.
template <class F>
double over_plane(double highest, F&& f) {
  constexpr int steps = 4000;
  const double df = highest / double(steps);
  double sum = 0.0;
  for (int i = 0; i < steps; ++i) {
    const double r = (double(i) + 0.5) * df;
    sum += 2.0 * pi * r * df * f(r);
  }
  return sum;
}

/// d' of a template that is the signal as it is imaged, times weight(f).
template <class Weight>
double matched(const DiscTask& task, const Imaging& imaging, Weight&& weight) {
  const double seen = over_plane(imaging.highest, [&](double f) {
    const double s = task.transform(f) * imaging.mtf(f);
    return s * s * weight(f);
  });
  const double noise = over_plane(imaging.highest, [&](double f) {
    const double t = task.transform(f) * imaging.mtf(f) * weight(f);
    return t * t * imaging.nps(f);
  });
  require(
      noise > 0.0, Error::Kind::data,
      "the noise at the task's frequencies is 0 (d' would be infinite). Use images with noise.");
  return seen / std::sqrt(noise);
}

}  // namespace

double DiscTask::transform(double f) const {
  return contrast * 0.25 * pi * diameter * diameter * detail::jinc(pi * f * diameter);
}

double EyeFilter::at(double f) const {
  constexpr double exponent = 1.3;  // Burgess 1994
  if (f <= 0.0) return 0.0;
  // A degree of the visual field covers this length of the image.
  const double degree = viewing_distance * units::deg / magnification;
  const double rho = f * degree;
  return math::pow(rho, exponent) * math::exp(-0.5 * exponent * (rho / peak) * (rho / peak));
}

double npw_detectability(const DiscTask& task, const Imaging& imaging) {
  return matched(task, imaging, [](double) { return 1.0; });
}

double npwe_detectability(const DiscTask& task, const Imaging& imaging, const EyeFilter& eye) {
  return matched(task, imaging, [&](double f) {
    const double e = eye.at(f);
    return e * e;
  });
}

double cho_detectability(const Eigen::VectorXd& signal, const Eigen::MatrixXd& covariance,
                         double internal, Index samples) {
  const Index p = signal.size();
  double bias = 1.0;
  if (samples > 0) {
    require(samples > p + 2, Error::Kind::input, samples, " regions of noise are too few for ", p,
            " channels (their covariance needs ", p + 3,
            "). Use more slices, smaller regions, or --channels dog.");
    bias = double(samples - p - 2) / double(samples - 1);
  }
  Eigen::MatrixXd k = covariance;
  k.diagonal() *= 1.0 + internal;
  // Channels differ by orders of magnitude: scale to unit variances first.
  const Eigen::VectorXd scale = k.diagonal().cwiseSqrt();
  require(scale.minCoeff() > 0.0, Error::Kind::data,
          "a channel sees no noise (its variance is 0). Use images with noise.");
  const Eigen::MatrixXd correlation =
      scale.cwiseInverse().asDiagonal() * k * scale.cwiseInverse().asDiagonal();
  const Eigen::VectorXd s = signal.cwiseQuotient(scale);
  const Eigen::LDLT<Eigen::MatrixXd> solver(correlation);
  const double squared = s.dot(solver.solve(s)) * bias;
  require(solver.info() == Eigen::Success && squared >= 0.0 && std::isfinite(squared),
          Error::Kind::data,
          "the channels' covariance has no inverse (some see the same). Use more regions, or "
          "--internal-noise above 0.");
  return std::sqrt(squared);
}

}  // namespace vitrine::evaluation

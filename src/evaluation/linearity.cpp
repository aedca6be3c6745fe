#include "vitrine/evaluation/linearity.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// Pairs without NaN about their means and in units of their spread, so that powers keep digits.
struct Standardised {
  std::vector<Index> kept;
  std::vector<double> x, y;  ///< as given
  double mean_x = 0.0, mean_y = 0.0, unit_x = 0.0, unit_y = 0.0;
  std::string obstacle;

  Standardised(std::span<const double> ys, std::span<const double> xs) {
    VITRINE_EXPECT(xs.size() == ys.size());
    for (std::size_t i = 0; i < xs.size(); ++i) {
      if (std::isnan(xs[i]) || std::isnan(ys[i])) continue;
      kept.push_back(Index(i));
      x.push_back(xs[i]);
      y.push_back(ys[i]);
    }
    if (x.size() < 3) {
      obstacle = str(x.size(), " pair(s) of values: at least 3 needed");
    } else if (is_constant(x)) {
      obstacle = "the truth is the same in every lesion";
    } else if (is_constant(y)) {
      obstacle = "the measurement is the same in every lesion";
    } else {
      std::tie(mean_x, unit_x) = moments(x);
      std::tie(mean_y, unit_y) = moments(y);
    }
  }

  /// 1, u, u^2, u^3, u^4, v, u v, u^2 v with u and v the standardised x and y.
  PatientSums sums(const Clusters& patients) const {
    return sum_by_patient(patients.only(kept), 8, [&](Index row, std::span<double> s) {
      const double u = (x[std::size_t(row)] - mean_x) / unit_x;
      const double v = (y[std::size_t(row)] - mean_y) / unit_y;
      const double terms[] = {1.0, u, u * u, u * u * u, u * u * u * u, v, u * v, u * u * v};
      for (std::size_t t = 0; t < 8; ++t) s[t] += terms[t];
    });
  }

 private:
  static std::pair<double, double> moments(const std::vector<double>& values) {
    double mean = 0.0, squares = 0.0;
    for (const double v : values) mean += v / double(values.size());
    for (const double v : values) squares += (v - mean) * (v - mean);
    return {mean, std::sqrt(squares / double(values.size()))};
  }
};

/// Slope in standardised units.
constexpr auto slope_of = [](std::span<const double> s) {
  const double below = s[2] - s[1] * s[1] / s[0];
  return below > 1e-12 * s[0] ? (s[6] - s[1] * s[5] / s[0]) / below : double(NAN);
};

/// Coefficient of u^2 in standardised units.
constexpr auto quadratic_of = [](std::span<const double> s) {
  const double pp = s[2] - s[1] * s[1] / s[0], pq = s[3] - s[1] * s[2] / s[0];
  const double qq = s[4] - s[2] * s[2] / s[0];
  const double pv = s[6] - s[1] * s[5] / s[0], qv = s[7] - s[2] * s[5] / s[0];
  const double determinant = pp * qq - pq * pq;
  return determinant > 1e-10 * pp * qq ? (qv * pp - pv * pq) / determinant : double(NAN);
};

Estimate scaled(Estimate e, double factor) {
  e.value *= factor;
  e.low *= factor;
  e.high *= factor;
  return e;
}

/// The square of a correlation, which may be of either sign.
Estimate squared(Estimate r) {
  if (r.has_interval()) {
    const double a = r.low * r.low, b = r.high * r.high;
    const bool through_zero = r.low < 0.0 && r.high > 0.0;
    r.low = through_zero ? 0.0 : std::min(a, b);
    r.high = std::max(a, b);
  }
  r.value *= r.value;
  return r;
}

}  // namespace

Linearity linearity(std::span<const double> measured, std::span<const double> truth,
                    const Clusters& patients, double confidence) {
  const Standardised pairs(measured, truth);
  Linearity result;
  result.lesions = std::ssize(pairs.kept);
  result.quadratic_p = NAN;
  if (!pairs.obstacle.empty()) {
    result.slope = result.intercept = result.r_squared = result.quadratic =
        Estimate::withheld(pairs.obstacle);
    return result;
  }
  const PatientSums sums = pairs.sums(patients);
  const double unit = pairs.unit_y / pairs.unit_x;
  const Scale plain = Scale::plain();
  result.slope = scaled(patient_jackknife(sums, confidence, plain, slope_of), unit);
  const double zero = -pairs.mean_x / pairs.unit_x;
  result.intercept = patient_jackknife(sums, confidence, plain, [&](std::span<const double> s) {
    return pairs.mean_y + pairs.unit_y * (s[5] / s[0] + slope_of(s) * (zero - s[1] / s[0]));
  });
  result.r_squared = squared(association_by_patients(
      Association::pearson, measured, truth, patients, {.stream = {}, .confidence = confidence}));
  const Estimate curve = patient_jackknife(sums, confidence, plain, quadratic_of);
  result.quadratic = scaled(curve, unit / pairs.unit_x);
  if (!curve.has_value()) {
    result.quadratic.reason = "the truth has too few different values for a curve";
  } else if (curve.has_interval()) {
    const double error = patient_standard_error(sums, quadratic_of);
    // A curve that no patient changes is either none or certain.
    result.quadratic_p = error > 0.0
                             ? student_t_two_sided(curve.value / error, double(sums.cols() - 1))
                             : (std::fabs(curve.value) > 1e-12 ? 0.0 : 1.0);
  }
  return result;
}

Estimate slope_by_patients(std::span<const double> y, std::span<const double> x,
                           const Clusters& patients, double confidence) {
  const Standardised pairs(y, x);
  if (!pairs.obstacle.empty()) return Estimate::withheld(pairs.obstacle);
  return scaled(patient_jackknife(pairs.sums(patients), confidence, Scale::plain(), slope_of),
                pairs.unit_y / pairs.unit_x);
}

}  // namespace vitrine::evaluation

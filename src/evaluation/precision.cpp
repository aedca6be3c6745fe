#include "vitrine/evaluation/precision.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

double critical(Index patients, double confidence) {
  return student_t_quantile(0.5 + 0.5 * confidence, double(patients - 1));
}

/// Mean of a function of the observed standard deviation over the true one, which is distributed
/// as sqrt(chi-square(degrees) / degrees): its density on even steps over six standard deviations.
double mean_over_spread(double degrees, FunctionRef<double(double)> value) {
  constexpr int steps = 96;
  const double width = 6.0 / std::sqrt(2.0 * degrees);
  const double first = std::max(0.0, 1.0 - width), step = (1.0 + width - first) / steps;
  double sum = 0.0, weights = 0.0;
  for (int i = 0; i < steps; ++i) {
    const double u = first + (i + 0.5) * step;
    const double density =
        math::exp((degrees - 1.0) * math::log(u) - 0.5 * degrees * (u * u - 1.0));
    sum += density * value(u);
    weights += density;
  }
  return sum / weights;
}

/// With few patients the bootstrap's interval is wider than Student's: two more make up for it (8
/// to 12 and 18 to 22 patients, simulated; docs/methods/statistics.md).
constexpr Index bootstrap_allowance = 2;

/// The fewest patients, from those that have an interval at all, for which a power that rises with
/// them is reached, and the allowance.
std::optional<Index> fewest(FunctionRef<double(Index)> power) {
  if (power(fewest_patients) >= planned_power) return fewest_patients + bootstrap_allowance;
  Index low = fewest_patients, high = low;  // low is too few
  while (power(high) < planned_power) {
    if (high >= most_patients) return {};
    low = high;
    high = std::min(2 * high, most_patients);
  }
  while (high - low > 1) {
    const Index middle = low + (high - low) / 2;
    (power(middle) < planned_power ? low : high) = middle;
  }
  return high + bootstrap_allowance;
}

}  // namespace

double mean_half_width(double sd, Index patients, double confidence) {
  VITRINE_EXPECT(patients >= 2 && sd >= 0.0);
  return critical(patients, confidence) * sd / std::sqrt(double(patients));
}

double design_effect(double per_patient, double correlation) {
  VITRINE_EXPECT(per_patient >= 1.0);
  return 1.0 + (per_patient - 1.0) * correlation;
}

double icc_half_width(double icc, double subjects, Index raters, double confidence) {
  VITRINE_EXPECT(raters >= 2 && subjects > 1.0);
  const double k = double(raters);
  // Fisher's variance of rho: 2 (1 - rho)^2 (1 + (k - 1) rho)^2 / (k (k - 1) (n - 1)).
  const double error =
      (1.0 - icc) * (1.0 + (k - 1.0) * icc) * std::sqrt(2.0 / (k * (k - 1.0) * (subjects - 1.0)));
  const double range = 1.0 + 1.0 / (k - 1.0);
  return std::min(math::normal_quantile(0.5 + 0.5 * confidence) * error, 0.5 * range);
}

double equivalence_power(double bias, double sd, double limit, Index patients, double confidence) {
  VITRINE_EXPECT(patients >= 2 && sd >= 0.0 && limit >= 0.0);
  const double error = sd / std::sqrt(double(patients));
  if (error == 0.0) return std::fabs(bias) <= limit ? 1.0 : 0.0;
  const double t = critical(patients, confidence);
  return mean_over_spread(double(patients - 1), [&](double spread) {
    const double reach = limit / error - t * spread;  // of the mean, either side, in its errors
    return reach > 0.0
               ? math::normal_cdf(reach - bias / error) - math::normal_cdf(-reach - bias / error)
               : 0.0;
  });
}

std::optional<Index> patients_for_equivalence(double bias, double sd, double limit,
                                              double confidence) {
  if (std::fabs(bias) >= limit) return {};
  if (sd == 0.0) return fewest_patients;
  return fewest(
      [&](Index patients) { return equivalence_power(bias, sd, limit, patients, confidence); });
}

std::optional<Index> patients_for_difference(double excess, double sd, double confidence) {
  if (!(excess > 0.0)) return {};
  if (sd == 0.0) return fewest_patients;
  return fewest([&](Index patients) {
    const double shift = excess * std::sqrt(double(patients)) / sd;
    const double t = critical(patients, confidence);
    return mean_over_spread(double(patients - 1),
                            [&](double spread) { return math::normal_cdf(shift - t * spread); });
  });
}

}  // namespace vitrine::evaluation

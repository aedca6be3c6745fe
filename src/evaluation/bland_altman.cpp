#include "vitrine/evaluation/bland_altman.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/linearity.hpp"
#include "vitrine/evaluation/repeatability.hpp"

namespace vitrine::evaluation {
namespace {

constexpr double limit = 1.96;  // standard normal: 95 % of differences

/// Per patient: 1, number of values, its square, sum, sum of squares, square of the sum over
/// number.
PatientSums sums_of(const std::vector<double>& values, double centre, const Clusters& patients) {
  PatientSums sums = PatientSums::Zero(6, patients.count());
  for (Index p = 0; p < patients.count(); ++p) {
    const auto& rows = patients.rows[std::size_t(p)];
    double sum = 0.0, squares = 0.0;
    for (const Index row : rows) {
      const double d = values[std::size_t(row)] - centre;
      sum += d;
      squares += d * d;
    }
    const double m = double(rows.size());
    sums.col(p) << 1.0, m, m * m, sum, squares, sum * sum / m;
  }
  return sums;
}

/// Variance between patients plus variance within them.
constexpr auto total_variance = [](std::span<const double> s) {
  const double patients = s[0], n = s[1], mean = s[3] * s[3] / n;
  if (n < 2.0) return double(NAN);
  if (patients < 2.0) return (s[4] - mean) / (n - 1.0);
  const double between = std::max(0.0, s[5] - mean) / (patients - 1.0);
  const double each = (n - s[2] / n) / (patients - 1.0);
  const double within = n > patients ? std::max(0.0, s[4] - s[5]) / (n - patients) : 0.0;
  return (between + (each - 1.0) * within) / each;
};

double root_of_squares(double a, double b) { return std::sqrt(a * a + b * b); }

Differences differences(const std::vector<double>& values, const Clusters& patients,
                        double confidence) {
  const double centre = std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
  const PatientSums sums = sums_of(values, centre, patients);
  Differences d;
  d.bias = patient_jackknife(sums, confidence, Scale::plain(),
                             [&](std::span<const double> s) { return centre + s[3] / s[1]; });
  if (values.size() < 2) {
    d.sd = d.lower = d.upper = Estimate::withheld("one pair: a spread needs two");
    return d;
  }
  d.sd = sd_by_patients(sums, double(values.size() - 1), confidence, total_variance);
  d.lower.value = d.bias.value - limit * d.sd.value;
  d.upper.value = d.bias.value + limit * d.sd.value;
  d.lower.reason = d.upper.reason = d.sd.reason;
  const double bias_down = d.bias.value - d.bias.low, bias_up = d.bias.high - d.bias.value;
  const double sd_down = limit * (d.sd.value - d.sd.low), sd_up = limit * (d.sd.high - d.sd.value);
  d.lower.low = d.lower.value - root_of_squares(bias_down, sd_up);
  d.lower.high = d.lower.value + root_of_squares(bias_up, sd_down);
  d.upper.low = d.upper.value - root_of_squares(bias_down, sd_down);
  d.upper.high = d.upper.value + root_of_squares(bias_up, sd_up);
  return d;
}

}  // namespace

BlandAltman bland_altman(std::span<const double> a, std::span<const double> b,
                         const Clusters& patients, double confidence) {
  VITRINE_EXPECT(a.size() == b.size());
  BlandAltman result;
  std::vector<Index> kept;
  std::vector<double> difference, mean, relative;
  bool positive = true;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) || std::isnan(b[i])) continue;
    kept.push_back(Index(i));
    difference.push_back(a[i] - b[i]);
    mean.push_back(0.5 * (a[i] + b[i]));
    relative.push_back(difference.back() / mean.back());
    positive &= mean.back() > 0.0;
  }
  result.pairs = std::ssize(kept);
  const auto all = [](const Estimate& why) { return Differences{why, why, why, why}; };
  if (kept.empty()) {
    result.slope = Estimate::withheld("no lesion has both values");
    result.absolute = result.relative = all(result.slope);
    return result;
  }
  const Clusters clusters = patients.only(kept);
  result.absolute = differences(difference, clusters, confidence);
  result.relative =
      positive ? differences(relative, clusters, confidence)
               : all(Estimate::withheld("not every mean is positive, so a ratio has no meaning"));
  if (is_constant(mean) && mean.size() > 2) {
    result.slope = Estimate::withheld("the mean is the same in every lesion");
  } else if (is_constant(difference) && mean.size() > 2) {
    result.slope = {.value = 0.0, .low = 0.0, .high = 0.0, .reason = ""};
  } else {
    result.slope = slope_by_patients(difference, mean, clusters, confidence);
  }
  return result;
}

}  // namespace vitrine::evaluation

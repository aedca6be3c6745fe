#include "vitrine/evaluation/repeatability.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// Sums over one lesion's repeats.
struct Spread {
  double degrees = 0.0, mean = 0.0;
  double squares = 0.0;      ///< about the mean
  double log_squares = 0.0;  ///< of the logarithms, about theirs
};

Spread spread_of(const std::vector<double>& values, bool positive) {
  Spread s;
  const double n = double(values.size());
  double log_mean = 0.0;
  for (const double v : values) {
    s.mean += v / n;
    if (positive) log_mean += math::log(v) / n;
  }
  for (const double v : values) {
    s.squares += (v - s.mean) * (v - s.mean);
    if (!positive) continue;
    const double d = math::log(v) - log_mean;
    s.log_squares += d * d;
  }
  s.degrees = n - 1.0;
  return s;
}

/// The estimate under an increasing function.
template <class F>
Estimate mapped(Estimate e, F&& f) {
  e.value = f(e.value);
  e.low = f(e.low);
  e.high = f(e.high);
  return e;
}

}  // namespace

Repeatability repeatability(std::span<const std::vector<double>> repeats, const Clusters& patients,
                            double confidence) {
  Repeatability result;
  std::vector<Index> kept;
  std::vector<std::vector<double>> values;
  bool positive = true;
  for (std::size_t i = 0; i < repeats.size(); ++i) {
    std::vector<double> present;
    for (const double v : repeats[i])
      if (!std::isnan(v)) present.push_back(v);
    if (present.size() < 2) continue;
    for (const double v : present) positive &= v > 0.0;
    kept.push_back(Index(i));
    values.push_back(std::move(present));
  }
  result.lesions = std::ssize(kept);
  if (kept.empty()) {
    const Estimate none = Estimate::withheld("no lesion was scanned twice in the same arm");
    result.within_sd = result.coefficient = result.within_cv_rms = result.within_cv_log = none;
    result.relative_down = result.relative_up = none;
    return result;
  }
  std::vector<Spread> spreads;
  for (const auto& v : values) {
    spreads.push_back(spread_of(v, positive));
    result.degrees += spreads.back().degrees;
  }

  const Clusters clusters = patients.only(kept);
  /// Square root of sum(squares) / sum(weight) over lesions.
  const auto pooled = [&](auto&& squares, auto&& weight) {
    const auto add = [&](Index row, std::span<double> sums) {
      sums[0] += squares(spreads[std::size_t(row)]);
      sums[1] += weight(spreads[std::size_t(row)]);
    };
    return sd_by_patients(sum_by_patient(clusters, 2, add), result.degrees, confidence,
                          [](std::span<const double> total) { return total[0] / total[1]; });
  };
  const auto degrees = [](const Spread& s) { return s.degrees; };
  result.within_sd = pooled([](const Spread& s) { return s.squares; }, degrees);
  result.coefficient = mapped(result.within_sd, [](double x) { return coefficient_factor * x; });
  if (!positive) {
    const Estimate none =
        Estimate::withheld("not every value is positive, so a ratio has no meaning");
    result.within_cv_rms = result.within_cv_log = result.relative_down = result.relative_up = none;
    return result;
  }
  result.within_cv_rms =
      pooled([](const Spread& s) { return s.squares / s.degrees / (s.mean * s.mean); },
             [](const Spread&) { return 1.0; });
  const Estimate log_sd = pooled([](const Spread& s) { return s.log_squares; }, degrees);
  result.within_cv_log = mapped(log_sd, [](double x) { return std::sqrt(math::expm1(x * x)); });
  result.relative_up = mapped(log_sd, [](double x) { return math::expm1(coefficient_factor * x); });
  result.relative_down =
      mapped(log_sd, [](double x) { return math::expm1(-coefficient_factor * x); });
  std::swap(result.relative_down.low, result.relative_down.high);
  return result;
}

double supported_degrees(double value, double standard_error, double most_degrees) {
  // A chi-square variable over its degrees has the variance 2 / degrees.
  const double degrees =
      standard_error > 0.0 ? 2.0 * value * value / (standard_error * standard_error) : most_degrees;
  return std::clamp(degrees, 1.0, most_degrees);
}

Estimate sd_by_patients(const PatientSums& sums, double most_degrees, double confidence,
                        FunctionRef<double(std::span<const double>)> variance) {
  const Eigen::VectorXd total = sums.rowwise().sum();
  const double all = variance({total.data(), std::size_t(total.size())});
  Estimate result;
  result.value = std::sqrt(all);
  if (sums.cols() < fewest_patients) {
    result.reason =
        str("no interval from ", sums.cols(), " patient(s): at least ", fewest_patients, " needed");
    return result;
  }
  const double degrees =
      supported_degrees(all, patient_standard_error(sums, variance), most_degrees);
  return within_sd_chi_square(result.value, degrees, confidence);
}

Estimate within_sd_chi_square(double within_sd, double degrees, double confidence) {
  const double tail = 0.5 * (1.0 - confidence);
  Estimate result;
  result.value = within_sd;
  result.low = within_sd * std::sqrt(degrees / chi_square_quantile(1.0 - tail, degrees));
  result.high = within_sd * std::sqrt(degrees / chi_square_quantile(tail, degrees));
  return result;
}

}  // namespace vitrine::evaluation

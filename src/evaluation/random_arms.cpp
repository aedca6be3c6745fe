#include "vitrine/evaluation/random_arms.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/detail/rating_sums.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/repeatability.hpp"

namespace vitrine::evaluation {
namespace {

constexpr int draws = 5000;

/// A chi-square variable over its degrees, which need not be whole: the gamma method of Marsaglia &
/// Tsang 2000, below two degrees with their power of a uniform variable.
double chi_square_share(Rng& rng, double degrees) {
  const double shape = 0.5 * degrees, raised = shape < 1.0 ? shape + 1.0 : shape;
  const double d = raised - 1.0 / 3.0, c = 1.0 / std::sqrt(9.0 * d);
  for (;;) {
    const double x = rng.normal(), u = rng.uniform(), root = 1.0 + c * x;
    if (root <= 0.0) continue;
    const double v = root * root * root;
    if (math::log(u) >= 0.5 * x * x + d - d * v + d * math::log(v)) continue;
    const double gamma = shape < 1.0 ? d * v * math::exp(math::log(rng.uniform()) / shape) : d * v;
    return gamma / shape;
  }
}

/// ICC(A,1) of the variances that the mean squares stand for, none of them negative.
double icc_of(double subjects, double raters, double error, double n, double k) {
  const double lesion = std::max(0.0, (subjects - error) / k);
  const double arm = std::max(0.0, (raters - error) / n);
  return lesion / (lesion + arm + error);
}

}  // namespace

std::string too_few_arms(Index arms) {
  if (arms >= fewest_levels) return "";
  return str("no interval from ", arms, " random arm(s): at least ", fewest_levels,
             " needed, the variance between so few is hardly known");
}

Estimate agreement_of_random_arms(const Ratings& ratings, const Clusters& patients,
                                  const Resampling& resampling) {
  const std::vector<Index> rows = complete_rows(ratings);
  if (const std::string why = detail::obstacle(ratings, rows); !why.empty())
    return Estimate::withheld(why);
  const MeanSquares ms = mean_squares(ratings, rows);
  Estimate result;
  result.value = detail::coefficient(Agreement::absolute, ms);
  const PatientSums sums = detail::rating_sums(ratings, rows, patients);
  result.reason = too_few_arms(ms.raters);
  if (result.reason.empty() && sums.cols() < fewest_patients)
    result.reason =
        str("no interval from ", sums.cols(), " patient(s): at least ", fewest_patients, " needed");
  if (!result.reason.empty()) return result;
  if (!(ms.error > 0.0) && !(ms.between_raters > 0.0)) {  // every arm says the same
    result.low = result.high = result.value;
    return result;
  }

  const double standard_error = patient_standard_error(sums, [](std::span<const double> total) {
    return total[0] < 2.0 ? double(NAN) : detail::mean_squares_of(total).between_subjects;
  });
  const double n = double(ms.subjects), k = double(ms.raters);
  const double degrees = supported_degrees(ms.between_subjects, standard_error, n - 1.0);
  std::vector<double> drawn(draws);
  Rng rng(resampling.stream, 0);
  for (double& icc : drawn) {
    const double subjects = ms.between_subjects / chi_square_share(rng, degrees);
    const double raters = ms.between_raters / chi_square_share(rng, k - 1.0);
    const double error = ms.error / chi_square_share(rng, (n - 1.0) * (k - 1.0));
    icc = icc_of(subjects, raters, error, n, k);
  }
  std::sort(drawn.begin(), drawn.end());
  const double tail = 0.5 * (1.0 - resampling.confidence);
  result.low = drawn[std::size_t(tail * draws)];
  result.high = drawn[std::size_t((1.0 - tail) * draws)];
  return result;
}

Estimate agreement_of(Effect arms, const Ratings& ratings, const Clusters& patients,
                      const Resampling& resampling) {
  return arms == Effect::fixed ? agreement_by_patients(ratings, patients, resampling)
                               : agreement_of_random_arms(ratings, patients, resampling);
}

Estimate sd_of_random_arms(const Ratings& complete, double confidence) {
  const MeanSquares ms = mean_squares(complete, complete_rows(complete));
  const double n = double(ms.subjects), k = double(ms.raters);
  struct Term {
    double value, degrees;
  };
  const std::array<Term, 2> terms{Term{ms.between_raters / n, k - 1.0},
                                  Term{(n - 1.0) / n * ms.error, (n - 1.0) * (k - 1.0)}};
  const double variance = terms[0].value + terms[1].value;
  Estimate result;
  result.value = std::sqrt(variance);
  result.reason = too_few_arms(ms.raters);
  if (!result.reason.empty()) return result;
  const double tail = 0.5 * (1.0 - confidence);
  double down = 0.0, up = 0.0;
  for (const auto& [value, degrees] : terms) {
    const double g = 1.0 - degrees / chi_square_quantile(1.0 - tail, degrees);
    const double h = degrees / chi_square_quantile(tail, degrees) - 1.0;
    down += g * g * value * value;
    up += h * h * value * value;
  }
  result.low = std::sqrt(std::max(0.0, variance - std::sqrt(down)));
  result.high = std::sqrt(variance + std::sqrt(up));
  return result;
}

}  // namespace vitrine::evaluation

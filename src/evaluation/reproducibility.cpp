#include "vitrine/evaluation/reproducibility.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/repeatability.hpp"

namespace vitrine::evaluation {
namespace {

/// Squares about each lesion's mean and their degrees of freedom, summed over patients.
PatientSums within_lesions(const Ratings& complete, const Clusters& patients) {
  return sum_by_patient(patients, 2, [&](Index row, std::span<double> sums) {
    const auto values = complete.row(row).array();
    sums[0] += (values - values.mean()).square().sum();
    sums[1] += double(complete.cols() - 1);
  });
}

Estimate mapped(Estimate e, FunctionRef<double(double)> f) {
  e.value = f(e.value);
  e.low = f(e.low);
  e.high = f(e.high);
  return e;
}

Estimate fixed_sd(const PatientSums& sums, double confidence) {
  const auto log_sd = [](std::span<const double> total) {
    return total[0] > 0.0 && total[1] > 0.0 ? 0.5 * math::log(total[0] / total[1]) : double(NAN);
  };
  return mapped(patient_jackknife(sums, confidence, Scale::plain(), log_sd),
                [](double x) { return math::exp(x); });
}

Estimate sd_of(const Ratings& complete, const Clusters& patients, Effect arms, double confidence) {
  const PatientSums sums = within_lesions(complete, patients);
  const double magnitude = complete.cwiseAbs().maxCoeff();
  if (!(sums.row(0).sum() > 1e-26 * magnitude * magnitude * sums.row(1).sum()))
    return {.value = 0.0, .low = 0.0, .high = 0.0, .reason = ""};
  return arms == Effect::fixed ? fixed_sd(sums, confidence)
                               : sd_of_random_arms(complete, confidence);
}

}  // namespace

double quartile_dispersion(std::vector<double> values) {
  if (values.size() < 2) return NAN;
  std::sort(values.begin(), values.end());
  const auto quartile = [&](double p) {
    const double place = p * double(values.size() - 1);
    const auto below = std::size_t(place);
    const std::size_t above = std::min(below + 1, values.size() - 1);
    return values[below] + (place - double(below)) * (values[above] - values[below]);
  };
  const double q1 = quartile(0.25), q3 = quartile(0.75);
  return (q3 - q1) / (q3 + q1);
}

Reproducibility reproducibility(const Ratings& ratings, const Clusters& patients, Effect arms,
                                double confidence) {
  const std::vector<Index> rows = complete_rows(ratings);
  Reproducibility result;
  result.lesions = std::ssize(rows);
  const auto withhold = [](const std::string& why, auto&... estimates) {
    ((estimates = Estimate::withheld(why)), ...);
  };
  if (ratings.cols() < 2 || rows.size() < 2) {
    withhold(ratings.cols() < 2
                 ? std::string("one arm: reproducibility needs two")
                 : str(rows.size(), " lesion(s) measured in every arm: at least 2 needed"),
             result.sd, result.coefficient, result.relative_down, result.relative_up,
             result.dispersion);
    return result;
  }
  Ratings complete(std::ssize(rows), ratings.cols());
  for (std::size_t i = 0; i < rows.size(); ++i) complete.row(Index(i)) = ratings.row(rows[i]);
  const Clusters clusters = patients.only(rows);
  result.sd = sd_of(complete, clusters, arms, confidence);
  result.coefficient = mapped(result.sd, [](double x) { return coefficient_factor * x; });
  if (!(complete.minCoeff() > 0.0)) {
    withhold("not every value is positive, so a ratio has no meaning", result.relative_down,
             result.relative_up, result.dispersion);
    return result;
  }
  const Ratings logs = complete.unaryExpr([](double x) { return math::log(x); });
  const Estimate log_sd = sd_of(logs, clusters, arms, confidence);
  result.relative_up = mapped(log_sd, [](double x) { return math::expm1(coefficient_factor * x); });
  result.relative_down =
      mapped(log_sd, [](double x) { return math::expm1(-coefficient_factor * x); });
  std::swap(result.relative_down.low, result.relative_down.high);

  const PatientSums sums = sum_by_patient(clusters, 2, [&](Index row, std::span<double> total) {
    std::vector<double> values;
    for (Index j = 0; j < complete.cols(); ++j) values.push_back(complete(row, j));
    total[0] += quartile_dispersion(std::move(values));
    total[1] += 1.0;
  });
  result.dispersion =
      patient_jackknife(sums, confidence, Scale::between(0.0, 1.0),
                        [](std::span<const double> total) { return total[0] / total[1]; });
  if (arms == Effect::random) {
    result.dispersion.low = result.dispersion.high = NAN;
    result.dispersion.reason =
        "no interval: the arms are random, which leaving out patients misses";
  }
  return result;
}

}  // namespace vitrine::evaluation

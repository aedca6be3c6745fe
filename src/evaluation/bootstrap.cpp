#include "vitrine/evaluation/bootstrap.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// Sample quantile at probability p of sorted values, linear between order statistics.
double quantile(const std::vector<double>& sorted, double p) {
  const double place =
      std::clamp(p * double(sorted.size() + 1) - 1.0, 0.0, double(sorted.size() - 1));
  const auto below = std::size_t(place);
  const auto above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (place - double(below)) * (sorted[above] - sorted[below]);
}

/// Skewness of the statistic's influence function, by leaving out one patient at a time.
double acceleration(const Clusters& patients,
                    FunctionRef<double(std::span<const Index>)> statistic) {
  std::vector<double> without;
  std::vector<Index> rows;
  for (Index left_out = 0; left_out < patients.count(); ++left_out) {
    rows.clear();
    for (Index p = 0; p < patients.count(); ++p)
      if (p != left_out)
        rows.insert(rows.end(), patients.rows[std::size_t(p)].begin(),
                    patients.rows[std::size_t(p)].end());
    if (const double value = statistic(rows); !std::isnan(value)) without.push_back(value);
  }
  if (without.empty()) return 0.0;
  double mean = 0.0, squares = 0.0, cubes = 0.0;
  for (const double value : without) mean += value / double(without.size());
  for (const double value : without) {
    const double d = mean - value;
    squares += d * d;
    cubes += d * d * d;
  }
  const double denominator = 6.0 * squares * std::sqrt(squares);
  return denominator > 0.0 ? cubes / denominator : 0.0;
}

}  // namespace

Clusters Clusters::by_label(std::span<const std::string> labels) {
  Clusters clusters;
  std::vector<std::string> seen;
  for (std::size_t row = 0; row < labels.size(); ++row) {
    const auto at = std::find(seen.begin(), seen.end(), labels[row]);
    const auto index = std::size_t(at - seen.begin());
    if (at == seen.end()) {
      seen.push_back(labels[row]);
      clusters.rows.emplace_back();
    }
    clusters.rows[index].push_back(Index(row));
  }
  return clusters;
}

Clusters Clusters::only(std::span<const Index> kept) const {
  std::map<Index, Index> renumbered;
  for (std::size_t i = 0; i < kept.size(); ++i) renumbered.emplace(kept[i], Index(i));
  Clusters clusters;
  for (const auto& members : rows) {
    std::vector<Index> left;
    for (const Index row : members)
      if (const auto at = renumbered.find(row); at != renumbered.end()) left.push_back(at->second);
    if (!left.empty()) clusters.rows.push_back(std::move(left));
  }
  return clusters;
}

Estimate patient_bootstrap(const Clusters& patients, const Resampling& resampling,
                           FunctionRef<double(std::span<const Index>)> statistic) {
  Estimate result;
  std::vector<Index> rows;
  for (const auto& members : patients.rows) rows.insert(rows.end(), members.begin(), members.end());
  std::sort(rows.begin(), rows.end());
  result.value = statistic(rows);
  if (!result.has_value()) {
    result.reason = "not defined for these values";
    return result;
  }
  const Index n = patients.count();
  if (n < fewest_patients) {
    result.reason =
        str("no interval from ", n, " patient(s): at least ", fewest_patients, " needed");
    return result;
  }

  std::vector<double> replicates;
  replicates.reserve(std::size_t(resampling.replicates));
  double below = 0.0;
  for (int b = 0; b < resampling.replicates; ++b) {
    Rng rng(resampling.stream, std::uint64_t(b));
    rows.clear();
    for (Index draw = 0; draw < n; ++draw) {
      const auto& members = patients.rows[rng.below(std::uint64_t(n))];
      rows.insert(rows.end(), members.begin(), members.end());
    }
    const double value = statistic(rows);
    if (std::isnan(value)) continue;
    below += value < result.value ? 1.0 : value == result.value ? 0.5 : 0.0;
    replicates.push_back(value);
  }
  if (5 * replicates.size() < 4 * std::size_t(resampling.replicates)) {
    result.reason = "no interval: the statistic is not defined in more than 20 % of the resamples";
    return result;
  }
  std::sort(replicates.begin(), replicates.end());

  const double size = double(replicates.size());
  const double bias =
      math::normal_quantile(std::clamp(below / size, 1.0 / (size + 1.0), size / (size + 1.0)));
  const double accelerate = acceleration(patients, statistic);
  // Student's t in place of the normal, and the bootstrap's variance is (n - 1) / n of the unbiased
  // one: both matter where patients are few.
  const double widened = student_t_quantile(0.5 + 0.5 * resampling.confidence, double(n - 1)) *
                         std::sqrt(double(n) / double(n - 1));
  const auto end = [&](double z) {
    const double scale = std::max(1.0 - accelerate * (bias + z), 0.05);
    return quantile(replicates, math::normal_cdf(bias + (bias + z) / scale));
  };
  result.low = end(-widened);
  result.high = end(+widened);
  return result;
}

}  // namespace vitrine::evaluation

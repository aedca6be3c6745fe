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

/// The statistic of a set of patients and its standard error, both on the scale of the interval.
struct Studentised {
  double value = NAN, error = NAN;
};

/// Evaluates the statistic for multisets of patients given by their sums.
class Evaluator {
 public:
  Evaluator(const PatientSums& sums, const Scale& scale,
            FunctionRef<double(std::span<const double>)> statistic)
      : sums_(sums), scale_(scale), statistic_(statistic), rest_(sums.rows()) {}

  double value(const Eigen::VectorXd& total) const {
    return scale_.to(statistic_({total.data(), std::size_t(total.size())}));
  }

  /// Jackknife over the patients in `drawn`, with repeats; `counts` says how often each was drawn.
  Studentised operator()(const Eigen::VectorXd& total, std::span<const int> counts) {
    Studentised result{.value = value(total)};
    if (std::isnan(result.value)) return result;
    double n = 0.0, mean = 0.0, squares = 0.0;
    without_.clear();
    for (std::size_t p = 0; p < counts.size(); ++p) {
      if (counts[p] == 0) continue;
      rest_ = total - sums_.col(Index(p));
      const double v = value(rest_);
      if (std::isnan(v)) continue;
      without_.push_back({v, double(counts[p])});
      n += counts[p];
      mean += counts[p] * v;
    }
    if (n < 2.0) return result;
    mean /= n;
    for (const auto& [v, weight] : without_) squares += weight * (v - mean) * (v - mean);
    result.error = std::sqrt(squares * (n - 1.0) / n);
    return result;
  }

 private:
  const PatientSums& sums_;
  const Scale& scale_;
  FunctionRef<double(std::span<const double>)> statistic_;
  Eigen::VectorXd rest_;
  std::vector<std::pair<double, double>> without_;
};

/// What both kinds of interval start from: value, total and standard error of all patients.
struct Start {
  Estimate result;
  Eigen::VectorXd total;
  Studentised all;
  bool finished = false;  ///< `result` is all that can be said
};

Start start(const PatientSums& sums, Evaluator& evaluate,
            FunctionRef<double(std::span<const double>)> statistic) {
  const Index n = sums.cols();
  Start s;
  s.total = Eigen::VectorXd::Zero(sums.rows());
  for (Index p = 0; p < n; ++p) s.total += sums.col(p);
  s.result.value = statistic({s.total.data(), std::size_t(s.total.size())});
  s.finished = true;
  if (!s.result.has_value()) {
    s.result.reason = "not defined for these values";
    return s;
  }
  if (n < fewest_patients) {
    s.result.reason =
        str("no interval from ", n, " patient(s): at least ", fewest_patients, " needed");
    return s;
  }
  s.all = evaluate(s.total, std::vector<int>(std::size_t(n), 1));
  if (!(s.all.error > 1e-12 * std::fabs(s.all.value))) {  // no patient makes a difference
    s.result.low = s.result.high = s.result.value;
    return s;
  }
  s.finished = false;
  return s;
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

double Scale::to(double x) const {
  constexpr double closest = 1e-12;  // to an end of the range, as a fraction of it
  if (kind_ == Kind::plain || std::isnan(x)) return x;
  const double share = std::clamp((x - low_) / (high_ - low_), closest, 1.0 - closest);
  return math::log(share / (1.0 - share));
}

double Scale::from(double z) const {
  return kind_ == Kind::plain ? z : low_ + (high_ - low_) / (1.0 + math::exp(-z));
}

PatientSums sum_by_patient(const Clusters& patients, Index terms,
                           FunctionRef<void(Index, std::span<double>)> add) {
  PatientSums sums = PatientSums::Zero(terms, patients.count());
  for (Index p = 0; p < patients.count(); ++p)
    for (const Index row : patients.rows[std::size_t(p)])
      add(row, {sums.col(p).data(), std::size_t(terms)});
  return sums;
}

Estimate patient_bootstrap(const PatientSums& sums, const Resampling& resampling,
                           const Scale& scale,
                           FunctionRef<double(std::span<const double>)> statistic) {
  Evaluator evaluate(sums, scale, statistic);
  auto [result, total, all, finished] = start(sums, evaluate, statistic);
  if (finished) return result;

  const Index n = sums.cols();
  std::vector<int> counts(std::size_t(n), 0);
  std::vector<double> pivots;
  pivots.reserve(std::size_t(resampling.replicates));
  for (int b = 0; b < resampling.replicates; ++b) {
    Rng rng(resampling.stream, std::uint64_t(b));
    std::fill(counts.begin(), counts.end(), 0);
    total.setZero();
    for (Index draw = 0; draw < n; ++draw) {
      const auto p = rng.below(std::uint64_t(n));
      ++counts[p];
      total += sums.col(Index(p));
    }
    const Studentised one = evaluate(total, counts);
    if (one.error > 1e-9 * all.error) pivots.push_back((one.value - all.value) / one.error);
  }
  if (5 * pivots.size() < 4 * std::size_t(resampling.replicates)) {
    result.reason = "no interval: the statistic is not defined in more than 20 % of the resamples";
    return result;
  }
  std::sort(pivots.begin(), pivots.end());
  const double tail = 0.5 * (1.0 - resampling.confidence);
  result.low = scale.from(all.value - quantile(pivots, 1.0 - tail) * all.error);
  result.high = scale.from(all.value - quantile(pivots, tail) * all.error);
  return result;
}

Estimate patient_jackknife(const PatientSums& sums, double confidence, const Scale& scale,
                           FunctionRef<double(std::span<const double>)> statistic) {
  Evaluator evaluate(sums, scale, statistic);
  auto [result, total, all, finished] = start(sums, evaluate, statistic);
  if (finished) return result;
  const double half =
      student_t_quantile(0.5 + 0.5 * confidence, double(sums.cols() - 1)) * all.error;
  result.low = scale.from(all.value - half);
  result.high = scale.from(all.value + half);
  return result;
}

double patient_standard_error(const PatientSums& sums,
                              FunctionRef<double(std::span<const double>)> statistic) {
  const Scale plain = Scale::plain();
  Evaluator evaluate(sums, plain, statistic);
  return evaluate(sums.rowwise().sum(), std::vector<int>(std::size_t(sums.cols()), 1)).error;
}

}  // namespace vitrine::evaluation

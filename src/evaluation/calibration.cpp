#include "vitrine/evaluation/calibration.hpp"

#include <Eigen/Core>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/detail/two_classes.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/logistic.hpp"

namespace vitrine::evaluation {
namespace {

/// How intervals are made here.
struct Intervals {
  double patients = 0.0, quantile = 0.0;
  std::string reason;  ///< why there are none, or ""

  Intervals(const std::vector<bool>& label, const Clusters& clusters, double confidence) {
    double with = 0.0, without = 0.0;
    for (const auto& rows : clusters.rows) {
      bool either[2] = {false, false};
      for (const Index row : rows) either[label[std::size_t(row)] ? 1 : 0] = true;
      with += either[1] ? 1.0 : 0.0;
      without += either[0] ? 1.0 : 0.0;
    }
    patients = double(clusters.rows.size());
    reason = detail::too_few(with, without, patients);
    if (reason.empty())
      quantile = student_t_quantile(0.5 + 0.5 * confidence, std::min(with, without) - 1.0);
  }

  Estimate of(double value, double error, const Scale& scale) const {
    if (reason.empty()) return detail::on_scale(value, error, quantile, scale);
    Estimate result;
    result.value = value;
    result.reason = reason;
    return result;
  }
};

/// Sums of patients' terms squared, with the correction for few of them.
template <class Term>
double variance_of_sum(const Clusters& clusters, double patients, Term&& term) {
  double sum = 0.0;
  for (const auto& rows : clusters.rows) {
    double its = 0.0;
    for (const Index row : rows) its += term(std::size_t(row));
    sum += its * its;
  }
  return sum * patients / (patients - 1.0);
}

/// Logistic regression of the label on an intercept and, with two terms, on the score, whose slope
/// is 1 otherwise.
class Recalibration {
 public:
  Recalibration(std::span<const double> score, const std::vector<bool>& label,
                const Clusters& clusters, Index terms)
      : score_(score), label_(label), clusters_(clusters), at_(Eigen::VectorXd::Zero(terms)) {
    if (terms == 2) at_[1] = 1.0;
  }

  /// Whether there is an answer.
  bool solve() {
    constexpr int most_steps = 100;
    constexpr double tolerance = 1e-9, endless = 1e3;
    for (int i = 0; i < most_steps; ++i) {
      const auto [gradient, curvature] = derivatives();
      if (!(std::fabs(curvature.determinant()) > std::numeric_limits<double>::min())) return false;
      Eigen::VectorXd step = -curvature.inverse() * gradient;
      double share = 1.0;
      const double now = loss(at_);
      while (!(loss(at_ + share * step) <= now * (1.0 + 1e-14)) && share > 1e-12) share *= 0.5;
      at_ += share * step;
      if (!at_.allFinite() || at_.lpNorm<Eigen::Infinity>() > endless) return false;
      if (step.lpNorm<Eigen::Infinity>() < tolerance) return true;
    }
    return false;
  }

  double value(Index term) const { return at_[term]; }

  /// By the sandwich: curvature^-1, patients' gradients, curvature^-1.
  double error(Index term, double patients) const {
    const Eigen::MatrixXd inverse = derivatives().curvature.inverse();
    const double variance = variance_of_sum(clusters_, patients, [&](std::size_t row) {
      return inverse.row(term).dot(gradient_of(row));
    });
    return std::sqrt(variance);
  }

 private:
  struct Derivatives {
    Eigen::VectorXd gradient;
    Eigen::MatrixXd curvature;
  };

  Eigen::VectorXd terms(std::size_t row) const {
    Eigen::VectorXd x(at_.size());
    x[0] = 1.0;
    if (x.size() == 2) x[1] = score_[row];
    return x;
  }
  double log_odds(const Eigen::VectorXd& at, std::size_t row) const {
    return at[0] + (at.size() == 2 ? at[1] : 1.0) * score_[row];
  }
  Eigen::VectorXd gradient_of(std::size_t row) const {
    return (probability(log_odds(at_, row)) - double(label_[row])) * terms(row);
  }
  double loss(const Eigen::VectorXd& at) const {
    double sum = 0.0;
    for (std::size_t i = 0; i < score_.size(); ++i) sum += log_loss(log_odds(at, i), label_[i]);
    return sum;
  }
  Derivatives derivatives() const {
    Derivatives d{Eigen::VectorXd::Zero(at_.size()), Eigen::MatrixXd::Zero(at_.size(), at_.size())};
    for (std::size_t i = 0; i < score_.size(); ++i) {
      const double p = probability(log_odds(at_, i));
      const Eigen::VectorXd x = terms(i);
      d.gradient += (p - double(label_[i])) * x;
      d.curvature += p * (1.0 - p) * x * x.transpose();
    }
    return d;
  }

  std::span<const double> score_;
  const std::vector<bool>& label_;
  const Clusters& clusters_;
  Eigen::VectorXd at_;
};

/// Share of the rows with `of` that are `right`.
template <class Of, class Right>
Estimate share(const Clusters& clusters, const Intervals& intervals, Of&& of, Right&& right) {
  double rows = 0.0, hits = 0.0, patients = 0.0;
  for (const auto& its : clusters.rows) {
    bool any = false;
    for (const Index row : its)
      if (of(std::size_t(row))) {
        any = true;
        rows += 1.0;
        hits += right(std::size_t(row)) ? 1.0 : 0.0;
      }
    patients += any ? 1.0 : 0.0;
  }
  const double value = hits / rows;
  Estimate result;
  result.value = value;
  if (!(hits > 0.0 && hits < rows)) {
    result.reason = "no interval: all rows of a class are decided alike";
    return result;
  }
  const double variance = variance_of_sum(clusters, patients, [&](std::size_t row) {
    return of(row) ? (double(right(row)) - value) / rows : 0.0;
  });
  return intervals.of(value, std::sqrt(variance) / (value * (1.0 - value)),
                      Scale::between(0.0, 1.0));
}

}  // namespace

Calibration calibration(std::span<const double> score, const std::vector<bool>& label,
                        const Clusters& patients, double threshold, double confidence) {
  VITRINE_EXPECT(score.size() == label.size() && threshold > 0.0 && threshold < 1.0);
  const auto count = std::count(label.begin(), label.end(), true);
  Calibration result;
  if (count == 0 || std::size_t(count) == label.size()) {
    for (Estimate* each : {&result.intercept, &result.slope, &result.brier, &result.sensitivity,
                           &result.specificity})
      *each = Estimate::withheld("one class alone");
    return result;
  }
  const Intervals intervals(label, patients, confidence);
  const auto solved = [&](Index terms, Index wanted) {
    Recalibration fit(score, label, patients, terms);
    if (!fit.solve()) return Estimate::withheld("the score tells the classes apart without error");
    return intervals.of(fit.value(wanted), fit.error(wanted, intervals.patients), Scale::plain());
  };
  result.intercept = solved(1, 0);
  result.slope = solved(2, 1);
  const auto square = [&](std::size_t row) {
    const double miss = probability(score[row]) - double(label[row]);
    return miss * miss;
  };
  const double rows = double(label.size());
  double sum = 0.0;
  for (std::size_t i = 0; i < label.size(); ++i) sum += square(i);
  const double mean = sum / rows;
  const double variance = variance_of_sum(
      patients, intervals.patients, [&](std::size_t row) { return (square(row) - mean) / rows; });
  result.brier = intervals.of(mean, std::sqrt(variance), Scale::plain());
  const double decides = math::log(threshold / (1.0 - threshold));
  const auto called = [&](std::size_t row) { return score[row] >= decides; };
  result.sensitivity = share(
      patients, intervals, [&](std::size_t row) { return bool(label[row]); }, called);
  result.specificity = share(
      patients, intervals, [&](std::size_t row) { return !label[row]; },
      [&](std::size_t row) { return !called(row); });
  return result;
}

}  // namespace vitrine::evaluation

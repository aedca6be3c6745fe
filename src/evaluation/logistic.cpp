#include "vitrine/evaluation/logistic.hpp"

#include <Eigen/Cholesky>
#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine::evaluation {
namespace {

/// Features that vary, with mean 0 and variance 1.
struct Standardised {
  Eigen::MatrixXd values;
  Eigen::RowVectorXd mean, scale;  ///< of all features
  std::vector<Index> kept;         ///< columns of `values`

  explicit Standardised(const Eigen::MatrixXd& all) : mean(all.colwise().mean()) {
    require(all.allFinite(), Error::Kind::data,
            "logistic regression of values that are not all numbers");
    scale = ((all.rowwise() - mean).colwise().squaredNorm() / double(all.rows())).cwiseSqrt();
    // What rounding leaves of a constant is no variation.
    for (Index j = 0; j < all.cols(); ++j)
      if (scale[j] > 1e-12 * std::fabs(mean[j])) kept.push_back(j);
    values.resize(all.rows(), std::ssize(kept));
    for (std::size_t k = 0; k < kept.size(); ++k)
      values.col(Index(k)) = (all.col(kept[k]).array() - mean[kept[k]]) / scale[kept[k]];
  }
};

Eigen::VectorXd as_numbers(const std::vector<bool>& label) {
  Eigen::VectorXd y(std::ssize(label));
  for (std::size_t i = 0; i < label.size(); ++i) y[Index(i)] = label[i] ? 1.0 : 0.0;
  return y;
}

/// Fits one penalty after the other; the first coefficient is the intercept.
class Fitter {
 public:
  Fitter(const Eigen::MatrixXd& values, const std::vector<bool>& label, double mixing)
      : features_(values), y_(as_numbers(label)), mixing_(mixing), all_(values.cols()) {
    VITRINE_EXPECT(values.rows() == std::ssize(label) && mixing >= 0.0 && mixing <= 1.0);
    const double share = y_.mean();
    require(share > 0.0 && share < 1.0, Error::Kind::data, "logistic regression of ", y_.size(),
            " row(s) of one class: nothing is to be told apart");
    x_.resize(y_.size(), features_.values.cols() + 1);
    x_.col(0).setOnes();
    x_.rightCols(features_.values.cols()) = features_.values;
    at_ = Eigen::VectorXd::Zero(x_.cols());
    at_[0] = math::log(share / (1.0 - share));
  }

  LogisticModel operator()(double strength) {
    strength_ = strength;
    constexpr int most_steps = 200;
    // Of coefficients of standardised features: the step after it would be of its square.
    constexpr double tolerance = 1e-5;
    constexpr double rounding = 1e-14;
    double now = objective(at_);
    for (int i = 0;; ++i) {
      require(i < most_steps, Error::Kind::data,
              "the classes are separated: a combination of features tells all rows apart, so that "
              "the coefficients of a logistic regression grow without end. Add a penalty");
      const Eigen::VectorXd step = newton_step();
      double share = 1.0;
      double next = objective(at_ + step);
      while (!(next <= now + rounding * std::fabs(now)) && share > rounding) {
        share *= 0.5;
        next = objective(at_ + share * step);
      }
      at_ += share * step;
      now = next;
      if (step.lpNorm<Eigen::Infinity>() < tolerance) return model();
    }
  }

 private:
  double ridge() const { return strength_ * (1.0 - mixing_); }
  double lasso() const { return strength_ * mixing_; }

  double objective(const Eigen::VectorXd& at) const {
    const Eigen::VectorXd score = x_ * at;
    double sum = 0.0;
    for (Index i = 0; i < score.size(); ++i) sum += log_loss(score[i], y_[i] > 0.5);
    const auto paying = at.tail(at.size() - 1);
    return sum / double(y_.size()) + 0.5 * ridge() * paying.squaredNorm() +
           lasso() * paying.lpNorm<1>();
  }

  Eigen::VectorXd newton_step() const {
    const double n = double(y_.size());
    const Eigen::VectorXd score = x_ * at_;
    Eigen::VectorXd residual(score.size()), weight(score.size());
    for (Index i = 0; i < score.size(); ++i) {
      const double p = probability(score[i]);
      residual[i] = p - y_[i];
      weight[i] = std::sqrt(p * (1.0 - p) / n);
    }
    Eigen::VectorXd gradient = x_.transpose() * residual / n;
    Eigen::MatrixXd curvature = Eigen::MatrixXd::Zero(x_.cols(), x_.cols());
    const Eigen::MatrixXd weighted = weight.asDiagonal() * x_;
    curvature.selfadjointView<Eigen::Lower>().rankUpdate(weighted.transpose());
    const Index paying = at_.size() - 1;
    gradient.tail(paying) += ridge() * at_.tail(paying);
    curvature.diagonal().tail(paying).array() += ridge();
    if (lasso() > 0.0) {
      curvature.triangularView<Eigen::StrictlyUpper>() = curvature.transpose();
      return descent_step(gradient, curvature);
    }
    const Eigen::LLT<Eigen::MatrixXd, Eigen::Lower> factor(curvature);
    require(factor.info() == Eigen::Success, Error::Kind::data,
            "a logistic regression has no single answer: features are linearly dependent, or the "
            "classes are separated. Add a penalty");
    return factor.solve(-gradient);
  }

  /// The step that is best for the quadratic model and the lasso's part (Friedman, Hastie &
  /// Tibshirani 2010, 2.2).
  Eigen::VectorXd descent_step(const Eigen::VectorXd& gradient,
                               const Eigen::MatrixXd& curvature) const {
    constexpr int most_sweeps = 1000;
    constexpr double tolerance = 1e-9;
    Eigen::VectorXd step = Eigen::VectorXd::Zero(at_.size());
    Eigen::VectorXd slope = gradient;  // of the quadratic model at `step`
    for (int sweep = 0; sweep < most_sweeps; ++sweep) {
      double largest = 0.0;
      for (Index j = 0; j < at_.size(); ++j) {
        const double bend = curvature(j, j);
        if (!(bend > 0.0)) continue;
        const double value = at_[j] + step[j];
        const double best = value - slope[j] / bend;
        const double threshold = j == 0 ? 0.0 : lasso() / bend;
        const double next = std::copysign(std::max(std::fabs(best) - threshold, 0.0), best);
        const double change = next - value;
        if (change == 0.0) continue;
        step[j] += change;
        slope += change * curvature.col(j);
        largest = std::max(largest, std::fabs(change));
      }
      if (largest < tolerance) break;
    }
    return step;
  }

  LogisticModel model() const {
    LogisticModel result{at_[0], Eigen::VectorXd::Zero(all_)};
    for (std::size_t k = 0; k < features_.kept.size(); ++k) {
      const Index j = features_.kept[k];
      result.coefficients[j] = at_[Index(k) + 1] / features_.scale[j];
      result.intercept -= result.coefficients[j] * features_.mean[j];
    }
    return result;
  }

  Standardised features_;
  Eigen::MatrixXd x_;  ///< ones, then the features
  Eigen::VectorXd y_, at_;
  double mixing_, strength_ = 0.0;
  Index all_;
};

}  // namespace

double probability(double score) {
  if (score >= 0.0) return 1.0 / (1.0 + math::exp(-score));
  const double odds = math::exp(score);
  return odds / (1.0 + odds);
}

double log_loss(double score, bool label) {
  const double against = label ? -score : score;
  return std::max(against, 0.0) + math::log1p(math::exp(-std::fabs(against)));
}

Eigen::VectorXd LogisticModel::scores(const Eigen::MatrixXd& values) const {
  return (values * coefficients).array() + intercept;
}

LogisticModel logistic_regression(const Eigen::MatrixXd& values, const std::vector<bool>& label,
                                  const LogisticPenalty& penalty) {
  return Fitter(values, label, penalty.mixing)(penalty.strength);
}

std::vector<LogisticModel> logistic_path(const Eigen::MatrixXd& values,
                                         const std::vector<bool>& label,
                                         std::span<const double> strengths, double mixing) {
  Fitter fit(values, label, mixing);
  std::vector<LogisticModel> models;
  for (const double strength : strengths) models.push_back(fit(strength));
  return models;
}

std::vector<double> penalty_strengths(const Eigen::MatrixXd& values, const std::vector<bool>& label,
                                      double mixing, Index count) {
  VITRINE_EXPECT(count >= 2);
  constexpr double least_mixing = 0.01;  // a ridge never takes a coefficient away
  constexpr double range = 1e-5;
  const Standardised features(values);
  const Eigen::VectorXd y = as_numbers(label);
  const Eigen::VectorXd slope =
      features.values.transpose() * (y.array() - y.mean()).matrix() / double(y.size());
  const double steepest = slope.size() > 0 ? slope.lpNorm<Eigen::Infinity>() : 0.0;
  // No slope at all: any strength gives the same model.
  const double largest = steepest > 0.0 ? steepest / std::max(mixing, least_mixing) : 1.0;
  std::vector<double> strengths;
  for (Index i = 0; i < count; ++i)
    strengths.push_back(largest * math::pow(range, double(i) / double(count - 1)));
  return strengths;
}

}  // namespace vitrine::evaluation

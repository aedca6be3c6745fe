#pragma once
#include <Eigen/Core>
#include <span>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// What coefficients of standardised features cost: strength ((1 - mixing) |b|^2 / 2 + mixing
/// |b|_1) beside the mean log-likelihood (Zou & Hastie 2005, in the form of Friedman, Hastie &
/// Tibshirani 2010). The intercept costs nothing.
struct LogisticPenalty {
  double strength = 0.0;  ///< 0: maximum likelihood
  double mixing = 0.0;    ///< 0: ridge, 1: lasso, between: elastic net
};

/// Log-odds of a label as a linear function of features, in the features' own units.
struct LogisticModel {
  double intercept = 0.0;
  Eigen::VectorXd coefficients;  ///< 0 of a feature that is constant

  /// Log-odds of each row.
  Eigen::VectorXd scores(const Eigen::MatrixXd& values) const;
};

/// Logistic regression: rows are cases, columns features.
///
/// Features are standardised by their mean and standard deviation (divisor n) first. Newton's
/// method on the log-likelihood, its quadratic steps solved by Cholesky's factor (ridge) or by
/// coordinate descent (else) and halved until the objective falls. The minimum is unique with a
/// ridge part, so nothing depends on where it starts.
/// Throws Error (data) for one class alone, values that are not finite, and classes that are
/// separated where no penalty holds the coefficients.
LogisticModel logistic_regression(const Eigen::MatrixXd& values, const std::vector<bool>& label,
                                  const LogisticPenalty& penalty);

/// The same for several strengths, each from where the one before ended; descending ones are
/// fastest.
std::vector<LogisticModel> logistic_path(const Eigen::MatrixXd& values,
                                         const std::vector<bool>& label,
                                         std::span<const double> strengths, double mixing);

/// `count` strengths (2 at least) in equal ratios, descending: from one at which no coefficient of
/// a lasso part is left, or a ridge's are next to nothing, to 1e-5 of it.
std::vector<double> penalty_strengths(const Eigen::MatrixXd& values, const std::vector<bool>& label,
                                      double mixing, Index count);

/// Logarithm of 1 + exp(x), less x where the label is there: what a log-odds of x costs.
double log_loss(double score, bool label);

/// Probability of a log-odds.
double probability(double score);

}  // namespace vitrine::evaluation

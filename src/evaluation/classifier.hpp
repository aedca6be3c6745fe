#pragma once
#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/combat.hpp"
#include "vitrine/evaluation/logistic.hpp"

namespace vitrine::evaluation {

/// Measured cases that a classifier learns from and is tried on: a row is one image of a lesion.
struct ClassifierCases {
  Eigen::MatrixXd values;            ///< rows down, features across; no NaN
  std::vector<bool> label;           ///< of each row
  std::vector<std::string> patient;  ///< of each row: patients are never split
  std::vector<std::string> batch;    ///< scanner or site of each row; used where it harmonises
};

struct ClassifierOptions {
  double mixing = 0.0;    ///< of the penalty: 0 ridge, 1 lasso
  Index inner_folds = 5;  ///< that choose the penalty's strength
  Index strengths = 8;    ///< that they choose from
  /// Take batch effects out by a fit to the rows that are learnt from, which never sees a label.
  std::optional<CombatOptions> harmonise = std::nullopt;
};

/// What models that had not seen its patient say of each row.
struct CrossValidated {
  std::vector<double> score;     ///< log-odds of the label
  std::vector<double> strength;  ///< of the penalty, chosen for each outer fold
};

/// Nested cross-validation of a penalised logistic regression (Varma & Simon 2006).
///
/// The rows of each fold of `outer` are scored by a model of all others. Its penalty is the one
/// with the least log-loss in inner folds of those others, patients of equal labels dealt evenly in
/// an order of `stream`. Means and standard deviations, ComBat and the choice of the penalty all
/// come from the rows that are learnt from. Throws Error (data) where a patient is in two folds, or
/// the rows to learn from hold too few patients of a class or cannot be harmonised.
CrossValidated cross_validate(const ClassifierCases& cases, const std::vector<Index>& outer,
                              const ClassifierOptions& options, const Stream& stream);

}  // namespace vitrine::evaluation

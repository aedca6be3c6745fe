#pragma once
#include <Eigen/Core>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/evaluation/variance_components.hpp"

namespace vitrine::evaluation {

/// What shrinks the estimates of one feature and batch towards those of all features.
enum class CombatPrior {
  parametric,     ///< normal for offsets, inverse gamma for variances
  nonparametric,  ///< the other features' own estimates, weighted by their likelihood
  none,           ///< no empirical Bayes: each feature for itself
};

struct CombatOptions {
  CombatPrior prior = CombatPrior::parametric;
  bool mean_only = false;  ///< offsets alone; variances stay
  std::optional<std::string> reference =
      std::nullopt;           ///< the batch that all others are brought to
  Index smallest_batch = 10;  ///< cases: with fewer, the estimates are noise
};

/// Measured cases: rows of `values`, features across.
struct CombatCases {
  Eigen::MatrixXd values;
  std::vector<std::string> batch;          ///< scanner or site of each row
  std::vector<Covariate> covariates = {};  ///< numbers whose effect is kept
  std::vector<Factor> groups = {};         ///< labels whose effect is kept (diagnosis, sex)
};

/// Batch effects of features, estimated from some cases and taken out of these or others: ComBat
/// (Johnson, Li & Rabinovic, Biostatistics 8 (2007) 118; Fortin et al., NeuroImage 167 (2018) 104).
///
/// y = mean + covariates + offset of the batch + scale of the batch x residual. Fit in the training
/// folds or on phantoms, then transform unseen patients of the same batches.
class Combat {
 public:
  /// Throws Error (data) where there is nothing to harmonise or no way to: one batch, a batch below
  /// `smallest_batch`, an unknown reference, a covariate or label confounded with the batch (it is
  /// named), sizes that differ, or a prior for fewer than two features.
  Combat(const CombatCases& cases, const CombatOptions& options);

  /// The cases without their batch effects. Throws Error (data) for a batch or a label that was not
  /// fitted.
  Eigen::MatrixXd transform(const CombatCases& cases) const;

  const std::vector<std::string>& batches() const { return batches_; }
  /// Why a feature is left as it is; empty where it is harmonised.
  const std::vector<std::string>& left_alone() const { return left_alone_; }
  /// Offsets and variances of the standardised feature: batches down, features across.
  const Eigen::MatrixXd& offset() const { return offset_; }
  const Eigen::MatrixXd& variance() const { return variance_; }

 private:
  struct Label {
    std::string name;
    std::vector<std::string> levels;
  };
  void check(const CombatCases& cases, const CombatOptions& options) const;
  std::vector<Index> batch_of(const CombatCases& cases) const;
  Eigen::MatrixXd kept_columns(const CombatCases& cases) const;
  void choose_features(const Eigen::MatrixXd& values, const std::vector<Index>& batch);
  void shrink(const Eigen::MatrixXd& standard, const std::vector<Index>& batch,
              const CombatOptions& options);

  std::vector<std::string> batches_, covariates_, left_alone_;
  std::vector<Label> labels_;
  Index features_ = 0, reference_ = -1;
  Eigen::MatrixXd kept_;  ///< coefficients of what is kept, features across
  Eigen::RowVectorXd mean_, scale_;
  Eigen::MatrixXd offset_, variance_;
};

}  // namespace vitrine::evaluation

#pragma once
#include <Eigen/Core>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/effect.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// What groups the measurements: a scanner, a kernel, a patient, a lesion.
struct Factor {
  std::string name;
  std::vector<std::string> level;  ///< of every row; a nested level needs a name of its own
  Effect kind = Effect::random;
  std::vector<double> slope = {};  ///< of a random factor: multiplies its effect; empty: all 1
};

/// A number known for every row that has a fixed effect, as age or dose may.
struct Covariate {
  std::string name;
  std::vector<double> value;
};

/// Levels of two factors together: their interaction, or the inner one within the outer.
Factor combined(const Factor& outer, const Factor& inner, std::string name);

/// y = intercept + covariates + fixed factors + random factors + residual.
struct MixedModel {
  std::vector<Factor> factors;
  std::vector<Covariate> covariates = {};
  /// Random factors that make subjects differ (patient, lesion); the share of them together is the
  /// intraclass correlation of one measurement when all else is random, too.
  std::vector<std::string> subjects = {};
};

enum class Likelihood { restricted, full };  ///< REML, or ML

struct VarianceOptions {
  Likelihood likelihood = Likelihood::restricted;
  bool intervals = true;
  bool of_subjects_alone = false;  ///< their share's interval, and none of the components
  double confidence = 0.95;
};

/// What one random factor, or the residual, contributes.
struct VarianceComponent {
  std::string factor;
  Index levels = 0;   ///< rows, for the residual
  Estimate variance;  ///< in the square of the feature's unit
  Estimate share;     ///< of the sum of all components
};

/// An effect that is the same for all: `intercept`, `dose`, `kernel=sharp` against the first level.
struct FixedEffect {
  std::string name;
  double value = 0.0, standard_error = 0.0;
};

/// Variance components of one feature.
struct VarianceComponents {
  std::vector<VarianceComponent> components;  ///< random factors in the order given, then residual
  std::vector<FixedEffect> effects;
  Eigen::MatrixXd effect_covariance;  ///< of the errors of `effects`
  std::vector<std::string> notes;     ///< what was left out of the model, and why
  Estimate subject_share;             ///< of MixedModel::subjects together
  double criterion = 0.0;             ///< -2 log of the (restricted) likelihood at the optimum
  Index rows = 0, missing = 0;        ///< used; left out because the value is not finite
};

/// Variance components of every column of `values` (rows down, features across; NaN: missing).
///
/// Profiled (restricted) likelihood of the variance ratios by the sparse Cholesky factor of the
/// penalised normal equations (Bates, Maechler, Bolker & Walker 2015), maximised by the average
/// information method (Gilmour, Thompson & Cullis 1995) on logarithms. A component whose likelihood
/// falls from zero on is zero. Intervals: profile likelihood; none below `fewest_levels` levels.
///
/// Withheld with the reason: constant or missing features, factors of one level, and factors that
/// cannot be told from others, whose variance matrices the design makes linearly dependent. Rows of
/// equal missing pattern share one design. Same bits for every thread count. Throws Error (data) if
/// sizes differ or a name occurs twice.
std::vector<VarianceComponents> variance_components(const MixedModel& model,
                                                    const Eigen::MatrixXd& values,
                                                    const VarianceOptions& options = {});

/// Why a variance or its share is withheld or has no interval, or "".
std::string reasons(const Estimate& variance, const Estimate& share);

/// `variance.csv`: one row per feature and component, and one for the subjects together; a withheld
/// number is an empty cell, its reason in `notes`.
Table variance_table(std::span<const std::string> features,
                     std::span<const VarianceComponents> results);

}  // namespace vitrine::evaluation

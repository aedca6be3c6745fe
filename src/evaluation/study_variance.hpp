#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/stability.hpp"
#include "vitrine/evaluation/variance_components.hpp"

namespace vitrine::evaluation {

/// What one source of variation contributes to a feature.
struct VarianceShare {
  std::string source;  ///< patient, lesion, a factor of the design, residual
  Effect kind = Effect::random;
  Index levels = 0;   ///< rows, for the residual
  Estimate variance;  ///< in the square of the feature's unit
  Estimate share;     ///< of the sum of all variances of the feature
};

/// Where one feature's variation comes from.
struct FeatureVariance {
  std::string feature;
  std::vector<VarianceShare> shares;  ///< patient, lesion, factors in their order, residual
  Estimate subjects;                  ///< share of patient and lesion together
  std::vector<std::string> notes;     ///< what was left out of the model, and why
  Index rows = 0, missing = 0;        ///< used; left out because the value is not finite
};

/// Variance components of every feature of a study, by REML: patients, lesions within them and
/// random factors of the design (crossed) have variances, fixed factors have effects. Rows are
/// scans and repositioned scans; what repeats of a lesion in an arm differ by is in the residual,
/// as is every interaction.
///
/// The variance of a fixed factor is the spread of its effects, sum of (effect - mean)^2 over
/// levels - 1, less what the errors of the effects add to it; of one that is a number (an interval
/// of the design) slope^2 times the variance of the number over the arms, likewise. None is below
/// zero. It has no interval: its levels were chosen. Shares have profile intervals where no fixed
/// factor is in the sum. Withheld with the reason: what variance_components withholds.
std::vector<FeatureVariance> variance_of(const Study& study, const VarianceOptions& options = {});

/// ICC(A,1) of some features where what makes the arms is random: the share of patients and lesions
/// among the variances of the lesions' first scans, by REML, which takes unbalanced tables and
/// missing cells. Random are the study's random factors, crossed; without such the arms themselves.
/// Fixed factors are left out: their offsets would be in the residual. Profile interval; none below
/// `fewest_levels` levels of a random factor, and the reason says so.
std::vector<Estimate> agreement_by_reml(const Study& study, std::span<const std::size_t> features,
                                        double confidence = 0.95);

/// `variance.csv`: one row per feature and source, and one for patients and lesions together
/// (`subjects`); a withheld number is an empty cell, its reason in `notes`.
Table study_variance_table(std::span<const FeatureVariance> results);

}  // namespace vitrine::evaluation

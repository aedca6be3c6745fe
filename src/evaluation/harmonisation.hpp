#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/combat.hpp"
#include "vitrine/evaluation/effect.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/evaluation/roc.hpp"

namespace vitrine::evaluation {

/// Measured cases with what is needed to judge their harmonisation: a row is one image of a lesion.
struct HarmonisationCases {
  CombatCases cases;  ///< values (rows down, features across), batches, effects that are kept
  std::vector<std::string> features;     ///< their ids, one per column of the values
  std::vector<std::string> patient;      ///< of each row: patients are never split
  std::vector<std::string> lesion = {};  ///< of each row, within the patient; empty: one each
  std::vector<std::string> arm = {};     ///< of each row; empty: the batch
  Eigen::MatrixXd truth = {};            ///< as the values, NaN where unknown; 0 x 0: none
  std::vector<std::optional<bool>> label = {};  ///< diseased or not; empty: no label
  std::vector<bool> training = {};  ///< rows to learn from (phantoms, other patients), which are
                                    ///< not judged; empty: cross-fitting in folds of patients
};

struct HarmonisationOptions {
  CombatOptions combat = {};
  Effect arms = Effect::fixed;  ///< what the ICC takes arms for
  Index folds = 5;              ///< of patients, where no training rows are named; at most one each
  std::uint64_t seed = 0;       ///< of folds and resamples
  int replicates = 2000;
  double confidence = 0.95;
};

/// Distance from the truth, over the rows that have one and are judged.
struct ErrorToTruth {
  Estimate before, after;  ///< root mean square error, in the feature's unit
  Estimate ratio;          ///< after over before, of the same patients: below 1 is nearer
  Index rows = 0, patients = 0;
};

/// Root mean squares of two sets of errors of the same rows; rows with a NaN are left out.
/// Intervals: studentised bootstrap over patients of the logarithms, the ratio paired.
ErrorToTruth compare_errors(std::span<const double> before, std::span<const double> after,
                            const Clusters& patients, const Resampling& resampling);
/// The same of two sets of values and the truth that both are measured by.
ErrorToTruth error_to_truth(std::span<const double> before, std::span<const double> after,
                            std::span<const double> truth, const Clusters& patients,
                            const Resampling& resampling);

/// What harmonisation made of one feature, in patients that it was not fitted to.
struct HarmonisedFeature {
  std::string feature;
  Estimate icc_before, icc_after;  ///< ICC(A,1) over the arms
  ErrorToTruth error;
  Discrimination auc;      ///< of the label, all batches pooled
  std::string left_alone;  ///< why ComBat did not touch it in some fit, or ""
};

struct Harmonisation {
  std::string refused;      ///< why nothing was harmonised, or ""; then all numbers are withheld
  Eigen::MatrixXd values;   ///< harmonised by a fit without their patient; as given: training rows
  std::vector<Index> fold;  ///< of each row; -1: training
  std::vector<HarmonisedFeature> features;
};

/// Harmonise by ComBat and judge it in patients that the fit has not seen.
///
/// Cross-fitting: patients are dealt to folds, those of like batches evenly; the rows of a fold are
/// transformed by the fit to all others. That ComBat makes an ICC larger does not say that values
/// are nearer to the truth: hence the error to truth, with a bootstrap over patients paired before
/// and after, and the area under the ROC curve (`discrimination`).
///
/// Refused, `refused` saying why: what Combat refuses (one batch, a batch of fewer cases than
/// `smallest_batch`, a kept effect confounded with the batches), a label that the batches determine
/// (each holds one class, so that classes and batches cannot be told apart), a batch with one
/// patient (its fold has nothing to learn from), rows of a patient both to learn from and to judge.
/// A fit to all folds but one may have batches smaller by that share. The AUC alone is withheld
/// where ComBat is told the label, which new patients do not have. Same bits for every thread
/// count. Throws Error (data) where sizes differ.
Harmonisation harmonise(const HarmonisationCases& cases, const HarmonisationOptions& options);

/// The same rows and features once more, measured after something was done to the images.
struct Remeasured {
  Eigen::MatrixXd values;
  Eigen::MatrixXd truth;              ///< as it is measured after the same was done; 0 x 0: none
  std::vector<std::string> no_error;  ///< of each feature: why errors before and after cannot be
                                      ///< compared, or ""
};

/// Judges what was measured otherwise as `harmonise` judges what ComBat made of values: agreement
/// over the arms, the distance of each measurement from its own truth, and the label. Nothing is
/// fitted, so all rows are judged.
Harmonisation judge_remeasured(const HarmonisationCases& before, const Remeasured& after,
                               const HarmonisationOptions& options);

/// What `harmonise` answers where it is refused: values as given, every number withheld with `why`.
Harmonisation refused_harmonisation(const HarmonisationCases& cases, const std::string& why);

/// Why the label and the batches cannot be told apart, or "": every batch holds one class alone.
std::string confounded_label(const HarmonisationCases& cases);

/// `harmonisation.csv`: one row per feature; a withheld number is an empty cell, its reason in
/// `notes`.
Table harmonisation_table(const Harmonisation& result);

}  // namespace vitrine::evaluation

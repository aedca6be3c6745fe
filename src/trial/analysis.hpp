#pragma once
#include <optional>
#include <vector>

#include "vitrine/evaluation/robustness.hpp"
#include "vitrine/evaluation/stability.hpp"
#include "vitrine/evaluation/study_variance.hpp"
#include "vitrine/evaluation/verdict.hpp"
#include "vitrine/trial/engine.hpp"
#include "vitrine/trial/harmonisation.hpp"
#include "vitrine/trial/known_signal.hpp"
#include "vitrine/trial/preprocessing.hpp"
#include "vitrine/trial/strata.hpp"

namespace vitrine::trial {

/// What the measurements say about the features.
struct Analysis {
  evaluation::Study study;
  std::vector<evaluation::StabilityRow> rows;
  Table stability;                                     ///< one row a feature
  Table bias;                                          ///< one row a feature and arm
  Table bland_altman;                                  ///< one row a feature and arm but the first
  std::vector<StratumRows> by_stratum;                 ///< empty without strata
  Table strata;                                        ///< one row a stratum and feature
  std::vector<evaluation::RobustnessRow> robust;       ///< empty without perturbations
  Table robustness;                                    ///< one row a feature and arm
  std::vector<evaluation::FeatureVariance> variances;  ///< empty without variance_components
  Table variance;                                      ///< one row a feature and source
  std::vector<PreprocessingComparison> preprocessed;   ///< empty without preprocessing
  Table preprocessing;                                 ///< one row a preprocessing and feature
  std::vector<HarmonisationRun> harmonised;            ///< empty without harmonisation
  Table harmonisation;                                 ///< one row a method, truth and feature
  std::optional<evaluation::SignalLadder> signal;      ///< none without known_signal
  Table known_signal;                                  ///< one row a rung
  /// Of the features that the context of use concerns; empty without bias_vs_truth in `analyse`.
  std::vector<evaluation::FeatureVerdict> verdicts;
  Table verdict;  ///< one row a feature, and one a feature and criterion
};

/// Statistics of all cases that ended well; an empty analysis if there is none. `also` gets every
/// case, in order, as it is read: reading many takes long. Throws Error (data) if the cases' tables
/// name what the plan does not have.
Analysis analyse(
    const Plan& plan, const TrialResult& result,
    FunctionRef<void(const CaseResult&)> also = [](const CaseResult&) {});

}  // namespace vitrine::trial

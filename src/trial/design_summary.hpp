#pragma once
#include <string>
#include <vector>

#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// One factor of a study, as its arms have it.
struct FactorSummary {
  std::string key;                  ///< as in `arms.vary`, or `scanner`
  std::vector<std::string> levels;  ///< that arms have, in the unit of the key
  bool is_interval = false;         ///< taken evenly from an interval: its effect is a slope
};

/// What the arms of a study can tell apart.
struct DesignSummary {
  std::string kind;
  std::vector<FactorSummary> factors;  ///< those in which arms differ
  /// Factors whose effects no analysis of these arms can separate, in sentences; empty: all can.
  std::vector<std::string> confounded;
  /// What else to know: which interactions can be seen, how far factors are correlated.
  std::vector<std::string> notes;
};

/// Separability is that of a linear model of all main effects (a step per level of a factor, a
/// slope per interval) by the rank of its design matrix; an interaction of two factors can be seen
/// if the matrix of the main effects and that interaction has full rank (Montgomery, Design and
/// Analysis of Experiments).
DesignSummary summary_of(const Plan& plan);

}  // namespace vitrine::trial

#pragma once
#include <string>
#include <vector>

#include "vitrine/evaluation/stability.hpp"

namespace vitrine::report {

/// What was measured, as far as a reader wants to see it drawn: one value a lesion, arm and
/// feature.
struct Measured {
  std::vector<std::string> lesions;  ///< `patient, lesion`
  std::size_t arms = 0;
  /// Mean of the arm's own scans; NaN where there is none. One list a feature, lesion by lesion.
  std::vector<std::vector<double>> scans;
  /// T0 of each lesion; NaN where there is none. One list a feature.
  std::vector<std::vector<double>> truth;
  std::size_t left_out = 0;  ///< values that were too many for a page: then all else is empty
};

Measured measured(const evaluation::Study& study);

/// The largest difference that one factor makes to a feature: the mean over arms with one level
/// less that over arms with another, of the arms' relative biases against T1. NaN where a level has
/// none. Other factors average out where the design is balanced.
double level_difference(const evaluation::StabilityRow& row, const evaluation::ArmFactor& factor);

}  // namespace vitrine::report

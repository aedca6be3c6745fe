#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// One-way analysis of variance: do the means of the groups differ by more than their spread?
///
///   between = sum over groups of n_i (m_i - m)^2      within = sum of (x - m_i)^2
///   F = (between / (groups - 1)) / (within / (values - groups))
///
/// Values are taken from the first one before anything is summed, and sums are compensated, so
/// that common leading digits cost none: NIST's data sets are met in docs/methods/validation.md.
struct Anova {
  Index groups = 0, values = 0;  ///< that were used
  double between_degrees = 0.0, within_degrees = 0.0;
  double between_squares = 0.0, within_squares = 0.0;  ///< sums of squares
  double f = 0.0, p = 0.0;                             ///< NaN where `reason` says why
  std::string reason;
};

/// NaN values and empty groups are left out. Groups must be independent: several lesions of a
/// patient are one value, their mean.
Anova one_way_anova(std::span<const std::vector<double>> groups);

}  // namespace vitrine::evaluation

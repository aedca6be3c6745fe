#pragma once
#include <optional>
#include <span>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// How well larger values tell rows with a label from those without, for two sets of values of the
/// same rows: 0.5 is not at all, below 0.5 smaller values go with the label.
struct Discrimination {
  Estimate before, after;            ///< area under the ROC curve, ties counted half
  Estimate change;                   ///< after - before
  Index positive = 0, negative = 0;  ///< rows that were used
};

/// Areas under the ROC curves of `before` and `after`; rows without a label or without both values
/// are left out.
///
/// Rows of one patient depend on each other: variances and their covariance from the sums of
/// placements in each patient (Obuchowski, Biometrics 53 (1997) 567); intervals by Student's t with
/// the degrees of the rarer class' patients, of an area on the scale log(x / (1 - x)). None below
/// `fewest_patients` patients in all and two of each class, nor where an area is 0 or 1.
Discrimination discrimination(std::span<const double> before, std::span<const double> after,
                              std::span<const std::optional<bool>> label, const Clusters& patients,
                              double confidence = 0.95);

}  // namespace vitrine::evaluation

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

/// Share of `sorted` values below `value`, ties half: its placement among them. NaN of none.
double share_below(std::span<const double> sorted, double value);

/// An area under the ROC curve with what each patient adds to its error, so that areas of the same
/// patients can be averaged and compared.
struct RocArea {
  double value = 0.0;             ///< NaN: no group holds both classes
  std::vector<double> influence;  ///< of each patient; the area's variance is their sum of squares
  Index with = 0, without = 0;    ///< patients that have rows of either class
};

/// The share of pairs, a row with the label and one without, both of one group, in which the first
/// has the larger score (ties half). Groups are the folds of a cross-validation, whose models'
/// scores need not be comparable; one group for all is the area itself.
///
/// The variance within a group is DeLong's (DeLong, DeLong & Clarke-Pearson, Biometrics 44 (1988)
/// 837), from a patient's sum of structural components where it has several rows (Obuchowski,
/// Biometrics 53 (1997) 567); groups add theirs by their shares of the pairs (LeDell, Petersen &
/// van der Laan, Electronic Journal of Statistics 9 (2015) 1583). A patient may have rows of both
/// classes. Throws Error (data) for a score that is not a number.
RocArea roc_area(std::span<const double> score, const std::vector<bool>& label,
                 const Clusters& patients, std::span<const Index> group);

/// Sensitivity against the share of false positives: from (0, 0), one point a threshold, largest
/// first. Throws Error (data) for a score that is not a number, or without either class.
struct RocCurve {
  std::vector<double> threshold, false_positive_rate, sensitivity;
};
RocCurve roc_curve(std::span<const double> score, const std::vector<bool>& label);

/// The mean of areas of the same patients, such as those of repeated cross-validations.
RocArea mean_area(std::span<const RocArea> areas);

/// The area with its interval, as `discrimination` makes it.
Estimate area_interval(const RocArea& area, double confidence = 0.95);

/// `a` less `b`, of the same patients, paired.
Estimate area_difference(const RocArea& a, const RocArea& b, double confidence = 0.95);

}  // namespace vitrine::evaluation

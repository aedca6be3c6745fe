#pragma once
#include <set>
#include <string>
#include <vector>

#include "vitrine/evaluation/detail/study_groups.hpp"
#include "vitrine/evaluation/roc.hpp"

/// Groups of images, or of their lesions, that a reader rated.
namespace vitrine::evaluation::detail {

/// Ratings of a group, those that failed as wrong as can be: below all others of what has the
/// label, above all others of what has not.
struct RatedRows {
  std::vector<double> score;
  std::vector<bool> label;
  std::vector<std::string> patient;

  /// Of these patients alone, in their order.
  RatedRows(const Group& group, const std::set<std::string>& patients);
  bool both_classes() const;
};

/// Their area; NaN without both classes. Clusters are these patients, whether they have rows or
/// not.
RocArea area_of(const Group& group, const std::set<std::string>& patients);

/// What a missing class is called.
Estimate without_both_classes();

/// `auc` and, of probabilities, what deciding by them gets right and whether they are honest.
void add_ratings(const ReaderStudy& study, const Group& group, const Group* reference,
                 const Resampling& resampling, std::vector<GroupScore>& scores);

}  // namespace vitrine::evaluation::detail

#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// The fold of every row, 0 to `folds` - 1: patients are dealt, so rows of one patient stay
/// together.
///
/// Patients whose rows have the same groups (batches, a label) are dealt one after the other, in an
/// order that `rng` draws, and the next ones go on where these ended: every fold has its share of
/// all patients, and of those of equal groups, to within one. `patient` and `group` name those of
/// each row.
std::vector<Index> deal_folds(std::span<const std::string> patient,
                              std::span<const std::string> group, Index folds, Rng rng);

}  // namespace vitrine::evaluation

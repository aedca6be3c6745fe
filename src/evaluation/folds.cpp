#include "vitrine/evaluation/folds.hpp"

#include <map>
#include <set>
#include <utility>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation {

std::vector<Index> deal_folds(std::span<const std::string> patient,
                              std::span<const std::string> group, Index folds, Rng rng) {
  VITRINE_EXPECT(patient.size() == group.size() && folds > 0);
  std::map<std::string, std::set<std::string>> groups;
  for (std::size_t i = 0; i < patient.size(); ++i) groups[patient[i]].insert(group[i]);
  std::map<std::set<std::string>, std::vector<std::string>> strata;
  for (const auto& [name, in] : groups) strata[in].push_back(name);
  std::map<std::string, Index> fold;
  Index next = 0;
  for (auto& [in, patients] : strata)
    for (std::size_t left = patients.size(); left > 0; --left) {
      std::swap(patients[left - 1], patients[rng.below(left)]);
      fold[patients[left - 1]] = next++ % folds;
    }
  std::vector<Index> result;
  for (const std::string& name : patient) result.push_back(fold.at(name));
  return result;
}

}  // namespace vitrine::evaluation

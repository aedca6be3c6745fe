#pragma once
#include <array>
#include <set>
#include <string>

#include "vitrine/trial/stages.hpp"

namespace vitrine::trial::detail {

/// Counts the stages of one case.
class StageLedger {
 public:
  void want(Stage stage, const std::string& key) {
    ++counts_[stage].wanted;
    if (keys_[std::size_t(stage)].insert(key).second) ++counts_[stage].different;
  }
  void make(Stage stage) { ++counts_[stage].made; }
  void load(Stage stage) { ++counts_[stage].loaded; }
  const StageCounts& counts() const { return counts_; }

 private:
  std::array<std::set<std::string>, stage_names.size()> keys_;
  StageCounts counts_;
};

}  // namespace vitrine::trial::detail

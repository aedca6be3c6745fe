#pragma once
#include <stdexcept>
#include <string>
#include <vector>

#include "vitrine/evaluation/reader_study.hpp"

namespace vitrine::evaluation {

/// The score of a metric in a group. Throws if there is none.
inline const GroupScore& find(const std::vector<GroupScore>& scores, const std::string& group,
                              const std::string& level, const std::string& metric) {
  for (const GroupScore& one : scores)
    if (one.group == group && one.level == level && one.metric == metric) return one;
  throw std::runtime_error("no " + group + " " + level + " " + metric);
}

}  // namespace vitrine::evaluation

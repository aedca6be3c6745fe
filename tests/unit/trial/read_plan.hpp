#pragma once
#include <initializer_list>
#include <string>
#include <vector>

#include "vitrine/core/value.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::test {

inline Value words(std::initializer_list<const char*> all) {
  Value::List list;
  for (const char* word : all) list.emplace_back(word);
  return list;
}

/// The plan of a scenario that must be right.
inline trial::Plan plan_of(const Value& scenario) {
  Diagnostics problems;
  auto read = trial::Scenario::schema().read(scenario, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(read));
}

/// What is wrong with a scenario first; empty if nothing.
inline std::string problem_of(const Value& scenario) {
  Diagnostics problems;
  (void)trial::Scenario::schema().read(scenario, problems);
  return problems.ok() ? std::string() : problems.entries().front().message;
}

inline std::vector<std::string> arm_names(const trial::Plan& plan) {
  std::vector<std::string> names;
  for (const trial::Arm& arm : plan.arms) names.push_back(arm.name);
  return names;
}

}  // namespace vitrine::test

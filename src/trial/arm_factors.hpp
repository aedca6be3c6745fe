#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/evaluation/stability.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// What arms differ in, each factor fixed unless `random` names it. Of sites that are a sample, the
/// scanner's type is a factor beside them; else the site stands for both. A factor whose levels are
/// taken from an interval is a number.
std::vector<evaluation::ArmFactor> arm_factors(const Arms& arms, std::span<const Arm> all,
                                               std::span<const Site> sites,
                                               std::span<const std::string> random);

}  // namespace vitrine::trial

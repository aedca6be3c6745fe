#pragma once
#include "vitrine/trial/scenario.hpp"

namespace vitrine::trial {

/// Reports a design that makes no arms, arms that are alike or that a scanner cannot scan, and
/// selectors that name no arm.
void check_design(const Scenario& scenario, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial

#pragma once
#include <string>
#include <vector>

#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// What an author should know of the scans' sampling and geometry before running a plan: one
/// sentence each.
std::vector<std::string> geometry_notes(const Plan& plan);

/// Throws Error (input) if a scan's rays have not `met` anything of a scene that holds something.
void require_met(bool met, const ScanGeometry& geometry, const Scene& scene);

}  // namespace vitrine::trial

#pragma once
#include <string>
#include <vector>

#include "vitrine/model/scene.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// What an author should know of the scans' geometry before running a plan: one sentence each.
std::vector<std::string> geometry_notes(const Plan& plan);

/// Throws Error (input) if no ray of a scan met anything of a scene that holds something.
void require_met(const physics::Exposure& exposure, const Scene& scene);

}  // namespace vitrine::trial

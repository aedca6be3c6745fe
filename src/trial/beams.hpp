#pragma once
#include <vector>

#include "vitrine/physics/beam.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// A scanner at a tube voltage, as the plan's arms use it.
struct PlannedBeam {
  std::size_t scanner = 0;  ///< index into Arms::scanners
  physics::Beam beam;       ///< for the materials of the first patient
};

/// What takes a patient to know.
struct Outlook {
  std::vector<PlannedBeam> beams;  ///< every beam that the plan's arms use, once
  std::vector<Grid> maps;          ///< of the patient's voxel maps, for `estimate`
};

/// Builds the first patient, with contrast medium where an arm injects it, but without textures.
/// Throws Error where a beam or the patient cannot be.
Outlook outlook(const Plan& plan);

}  // namespace vitrine::trial

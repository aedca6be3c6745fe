#pragma once
#include <cstdint>
#include <vector>

#include "vitrine/phantoms/cohort.hpp"

namespace vitrine::phantoms {

/// One lesion as sampled, at its place in the patient at inspiration 1.
struct PlacedLesion {
  const LesionSpec* spec = nullptr;
  std::uint64_t number = 0;  ///< of its random numbers: equal for the same lesion of the same kind
  Outline outline;           ///< about the centre
  Vec3 centre = Vec3::Zero();
  double attenuation = 0.0, margin = 0.0;  ///< HU; mm
  double heterogeneity = 0.0;              ///< of its texture, HU
};

/// The organ's host; an error that names the organs there are.
const Host& host_of(const AnatomyRecord& body, const std::string& organ);

/// Draw all lesions of a patient and find room for each: inside its organ as its attachment wants
/// it, apart from the others. Throws Error (data) if there is no room.
std::vector<PlacedLesion> place_lesions(const Cohort& cohort, const PatientDraws& draws,
                                        const SceneBuilder& scene, const AnatomyRecord& body);

}  // namespace vitrine::phantoms

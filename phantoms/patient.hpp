#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vitrine/phantoms/cohort.hpp"

namespace vitrine::phantoms {

/// A patient with everything that is true about it.
struct Patient {
  Scene scene;
  std::string sex;
  std::vector<std::pair<std::string, double>> parameters;  ///< sampled; names end in their unit
  std::vector<double> heterogeneity;       ///< of each lesion's texture, HU, as drawn
  std::vector<Host> hosts;                 ///< where lesions may grow
  std::optional<ContrastRecord> contrast;  ///< none where nothing is injected
};

/// The range of z that a scan sees, once the lesions are known.
using SlabOf = std::function<Slab(std::span<const LesionTruth>)>;

/// The patient `case_id` of a trial: the same body and lesions in every arm.
///
/// Anatomy, lesions and textures draw from streams of their own, so adding a lesion changes no
/// organ. `state` moves the lungs and carries the lesions along; their size stays. An injection
/// adds iodine to what blood reaches and to the lesions, and changes nothing else. `slab` is
/// asked once, when all lesions are placed, where the textures of tissues are wanted, whether there
/// are any or not: everywhere without it.
/// Throws Error (data) if a lesion finds no room.
Patient build_patient(const Cohort& cohort, std::uint64_t seed, std::string_view case_id,
                      const PatientState& state, const SlabOf& slab = {});

}  // namespace vitrine::phantoms

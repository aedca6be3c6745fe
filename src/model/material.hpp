#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/error.hpp"

namespace vitrine {

/// A mixture by mass fraction of elements; knows nothing about X-rays (physics/attenuation does).
struct Material {
  std::string name;
  double density = 0.0;  ///< g/mm^3, at rest and in bulk
  struct Part {
    int atomic_number = 0;
    double mass_fraction = 0.0;
  };
  std::vector<Part> parts;  ///< mass fractions sum to 1
  std::string source;       ///< where the composition is published
};

/// A material of the built-in table (ICRU-44 and ICRP tissues, plastics, metals), or one that its
/// name describes: a solution `iodine 10 mg/ml` (in water) or `gadolinium 2 mg/ml in blood`, a
/// compound `CaCO3 2.71 g/cm3`, or a mixture by mass `70 % water + 30 % C2H6O 0.96 g/cm3`. Volumes
/// add up where no density is given. The same object for the same name.
/// Throws Error (input) with a did-you-mean and what can be written.
const Material& material(std::string_view name);

/// All built-in materials, in the order of the table.
const std::vector<Material>& materials();

}  // namespace vitrine

#pragma once
#include "vitrine/model/material.hpp"

namespace vitrine::phantoms::detail {

/// Mass attenuation at 70 keV with coherent scattering, mm^2/g, of any built-in material: physics'
/// own (which stands beside this layer), to 1e-8.
double mass_attenuation(const Material& material);

/// CT number at 70 keV of something with this linear attenuation [1/mm], and back.
double hu_of(double attenuation);
double attenuation_of_hu(double hu);

}  // namespace vitrine::phantoms::detail

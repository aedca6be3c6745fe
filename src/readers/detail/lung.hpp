#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::readers::detail {

inline constexpr double air_limit = -400.0;  ///< HU: half-way from lung to soft tissue

/// Air inside lungs: connected parts below `air_limit` of more than 5 ml whose mean is above -950
/// HU. Air around the patient is nearer to -1000.
Mask lung_air(const Image& image);

/// What lies in a lung: its air, and what has air of a lung on both sides along rows and along
/// columns, 20 mm away at most. Nodules and vessels are in it, the chest wall and most of the
/// mediastinum are not.
Mask inside_lung(const Mask& air);

}  // namespace vitrine::readers::detail

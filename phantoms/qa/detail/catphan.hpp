#pragma once
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms::detail {

/// What the Catphan's modules sit in: a housing of 200 mm, modules of 150 mm (Catphan manual, The
/// Phantom Laboratory). The resin's composition is not published: ours is that of solid water, with
/// the density that gives it 100 HU at 70 keV.
inline constexpr double catphan_housing = 100.0, catphan_module = 75.0;  // mm, radii
inline constexpr double catphan_resin = 1.1240 * units::g_per_cm3;

inline void place_catphan_body(Assembly& phantom, double depth) {
  const double half = 0.5 * depth;
  phantom.place("housing", rod(Vec3::Zero(), catphan_housing, -half, half), "pmma");
  phantom.place("body", rod(Vec3::Zero(), catphan_module, -half, half), "solid_water",
                catphan_resin);
}

}  // namespace vitrine::phantoms::detail

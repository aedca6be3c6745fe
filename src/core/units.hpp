#pragma once
#include <numbers>
#include <string_view>

namespace vitrine {

/// Native units are mm, s, g, keV, rad: one consistent system, so products
/// need no conversion factors. A bare double is always native. Every number
/// entering or leaving the program is multiplied or divided by a constant below.
namespace units {
inline constexpr double mm = 1.0, um = 1e-3 * mm, cm = 10.0 * mm;
inline constexpr double s = 1.0, ms = 1e-3 * s, ns = 1e-9 * s;
inline constexpr double g = 1.0, mg = 1e-3 * g;
inline constexpr double keV = 1.0, MeV = 1e3 * keV, eV = 1e-3 * keV;
inline constexpr double rad = 1.0, deg = std::numbers::pi / 180.0 * rad;
inline constexpr double per_cm = 1.0 / cm, cm2_per_g = cm * cm / g, g_per_cm3 = g / (cm * cm * cm);
inline constexpr double mg_per_ml = mg / (cm * cm * cm);
inline constexpr double kg = 1e3 * g, mg_per_kg = mg / kg;
inline constexpr double ml = cm * cm * cm, l = 1e3 * ml, minute = 60.0 * s;
}  // namespace units

/// A unit as the schema sees it: the suffix of the YAML key and the factor to native.
struct Unit {
  std::string_view suffix;
  double to_native = 1.0;
};

namespace unit {
inline constexpr Unit none{"", 1.0};
inline constexpr Unit mm{"mm", units::mm}, cm{"cm", units::cm}, deg{"deg", units::deg};
inline constexpr Unit s{"s", units::s}, ms{"ms", units::ms}, ns{"ns", units::ns};
inline constexpr Unit kev{"kev", units::keV}, ev{"ev", units::eV};
inline constexpr Unit kw{"kw", 1.0}, ma{"ma", 1.0}, mgy{"mgy", 1.0};
inline constexpr Unit g_per_cm3{"g_per_cm3", units::g_per_cm3};
inline constexpr Unit mg_per_ml{"mg_per_ml", units::mg_per_ml};
inline constexpr Unit mg_per_kg{"mg_per_kg", units::mg_per_kg};
inline constexpr Unit ml{"ml", units::ml}, ml_per_s{"ml_per_s", units::ml / units::s};
/// Blood flow or exchange per volume of tissue, as perfusion CT states it.
inline constexpr Unit ml_per_min_per_100ml{"ml_per_min_per_100ml", 0.01 / units::minute};
inline constexpr Unit hu{"hu", 1.0}, kv{"kv", units::keV}, mas{"mas", 1.0};
inline constexpr Unit percent{"percent", 0.01};
/// About people, and apart from the native system: years, kg, g of organs.
inline constexpr Unit years{"years", 1.0}, kg_per_m2{"kg_per_m2", 1.0}, g{"g", units::g};
}  // namespace unit

}  // namespace vitrine

#include "vitrine/phantoms/lesion_content.hpp"

#include "vitrine/core/units.hpp"
#include "vitrine/model/material.hpp"

namespace vitrine::phantoms {
namespace {

/// Mass attenuation at 70 keV over that of water, from xraylib 4 (`physics::mass_attenuation`).
double relative_mass_attenuation(std::string_view material) {
  if (material == "lung") return 0.995386;
  if (material == "water") return 1.0;
  if (material == "air") return 0.907290;
  if (material == "iodine") return 26.007480;
  if (material == "calcium_hydroxyapatite") return 1.623627;
  return 0.993354;  // muscle
}

constexpr double water = 1.0 * units::g_per_cm3;

/// Attenuation of air over that of water, which is 1000 HU above it.
double air() { return material("air").density / water * relative_mass_attenuation("air"); }

double attenuation_for(double hu) { return 1.0 + hu / 1000.0 * (1.0 - air()); }

}  // namespace

double attenuation_of(std::span<const Ingredient> content) {
  double sum = 0.0;
  for (const Ingredient& each : content)
    sum += each.density / water * relative_mass_attenuation(each.material);
  return 1000.0 * (sum - 1.0) / (1.0 - air());
}

double density_for(std::string_view material, double hu) {
  return attenuation_for(hu) / relative_mass_attenuation(material) * water;
}

std::vector<Ingredient> calcified_tissue(double tissue_hu, double hu) {
  const char* mineral = "calcium_hydroxyapatite";
  const double solid = material(mineral).density;
  const double tissue = attenuation_for(tissue_hu);
  const double calcium = (attenuation_for(hu) - tissue) /
                         (relative_mass_attenuation(mineral) / water - tissue / solid);
  return {{"muscle", density_for("muscle", tissue_hu) * (1.0 - calcium / solid)},
          {mineral, calcium}};
}

double iodine_for(double hu) {
  return hu / 1000.0 * (1.0 - air()) / relative_mass_attenuation("iodine") * water;
}

double total_density(std::span<const Ingredient> content) {
  double sum = 0.0;
  for (const Ingredient& each : content) sum += each.density;
  return sum;
}

}  // namespace vitrine::phantoms

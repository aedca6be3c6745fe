#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::phantoms {

/// One material of a region.
struct Ingredient {
  std::string material;
  double density = 0.0;  ///< g/mm^3
};

/// CT number of a mixture at 70 keV, HU.
///
/// Of the materials that lesions are made of only: muscle, lung, water, air, iodine and calcium
/// hydroxyapatite (mass attenuation of xraylib 4). Others count as muscle.
double attenuation_of(std::span<const Ingredient> content);

/// The density that gives one of these materials the CT number, g/mm^3.
double density_for(std::string_view material, double hu);

/// Muscle with so much calcium hydroxyapatite, which takes the muscle's room, that its CT number
/// is `hu`.
std::vector<Ingredient> calcified_tissue(double tissue_hu, double hu);

/// Iodine that raises the CT number by `hu`, g/mm^3.
double iodine_for(double hu);

double total_density(std::span<const Ingredient> content);

}  // namespace vitrine::phantoms

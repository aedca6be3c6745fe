#include "vitrine/recon/spectral.hpp"

#include <charconv>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/recon/decomposition.hpp"

namespace vitrine::recon {
namespace {

constexpr double lowest_energy = 40.0, highest_energy = 190.0;  // keV
constexpr std::string_view vmi = "vmi_", kev = "kev", map = "_map", vnc = "vnc";

HounsfieldScale scale_at(double energy) {
  return {physics::linear_attenuation(material("water"), energy),
          physics::linear_attenuation(material("air"), energy)};
}

/// A map as if its mass were water's, so that its lines are like those of an image.
SpectralImage mass_map(bool of_water) {
  const Material& water = material("water");
  const double mu = physics::linear_attenuation(water, basis_energy);
  SpectralImage out;
  // CT numbers less those of air are then 1000 mu / mu_water: mg/ml of water's density, 1 g/ml.
  const double per_mass = mu / units::g_per_cm3;
  (of_water ? out.water : out.second) = of_water ? per_mass * water.density : per_mass;
  out.scale = {mu, 0.0};
  out.unit = VoxelUnit::mg_per_ml;
  out.low = of_water ? 800.0 : -2.0;
  out.high = of_water ? 1200.0 : 15.0;
  return out;
}

SpectralImage monoenergetic(double energy, bool without_second, const Material& second) {
  SpectralImage out;
  out.scale = scale_at(energy);
  out.water = out.scale.mu_water;
  out.second = without_second ? 0.0 : physics::mass_attenuation(second, energy);
  out.low = -160.0;
  out.high = 240.0;
  return out;
}

}  // namespace

const Schema<SpectralBasis>& SpectralBasis::schema() {
  static const auto s =
      Schema<SpectralBasis>("spectral", "Basis materials of photon-counting scanners' images")
          .optional("material", &SpectralBasis::material,
                    "beside water: iodine, calcium, or any other of `vitrine list material`")
          .optional("vnc_energy", &SpectralBasis::vnc_energy, unit::kev,
                    "of the virtual non-contrast image")
          .between(lowest_energy, highest_energy)
          .checked([](const SpectralBasis& basis, const Value& node, Diagnostics& problems) {
            const Value* at = node.find("material");
            const Location where = at ? at->where : node.where;
            try {
              vitrine::material(basis.material);
            } catch (const Error& error) {
              problems.error(where, str("spectral.material: ", error.what()));
              return;
            }
            if (basis.material.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789") !=
                std::string::npos)
              problems.error(where, str("spectral.material is '", basis.material,
                                        "' (images are named after it). Use the substance alone, a "
                                        "word of `vitrine list material`: iodine, calcium, ..."));
            if (basis.material == "water")
              problems.error(where,
                             "spectral.material is water (it is the first of the two). Use iodine, "
                             "calcium or another that attenuates otherwise.");
          });
  return s;
}

bool names_spectral(std::string_view name) {
  return name == vnc || name.starts_with(vmi) || name.ends_with(map);
}

std::optional<SpectralImage> spectral_image(std::string_view name, const SpectralBasis& basis,
                                            std::string& why) {
  const Material& second = material(basis.material);
  if (name == vnc) return monoenergetic(basis.vnc_energy, true, second);
  if (name == "water_map") return mass_map(true);
  if (name == basis.material + std::string(map)) return mass_map(false);
  if (name.starts_with(vmi) && name.ends_with(kev)) {
    const std::string_view digits = name.substr(vmi.size(), name.size() - vmi.size() - kev.size());
    int energy = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), energy);
    if (std::to_string(energy) == digits) {
      if (energy >= lowest_energy && energy <= highest_energy)
        return monoenergetic(energy, false, second);
      why = str("virtual monoenergetic images are made at ", lowest_energy, " to ", highest_energy,
                " keV");
      return std::nullopt;
    }
  }
  if (name.ends_with(map))
    why = str("the basis materials are water and ", basis.material, ": it has water_map and ",
              basis.material, map, "; protocol.spectral.material names another");
  else
    why = "it has vmi_40kev to vmi_190kev, water_map, " + basis.material + "_map and vnc";
  return std::nullopt;
}

void combine(const SpectralImage& image, std::span<const float> water,
             std::span<const float> second, std::span<float> out) {
  VITRINE_EXPECT(water.size() == out.size() && second.size() == out.size());
  constexpr std::size_t block = 1 << 14;
  const auto a = float(image.water), b = float(image.second);
  parallel_for(std::int64_t((out.size() + block - 1) / block), [&](Index n) {
    const std::size_t first = std::size_t(n) * block, last = std::min(out.size(), first + block);
    for (std::size_t i = first; i < last; ++i) out[i] = a * water[i] + b * second[i];
  });
}

Image in_unit(Image image, VoxelUnit unit) {
  if (unit == VoxelUnit::mg_per_ml)
    for (float& value : image.values()) value -= outside_field_of_view;
  return image;
}

}  // namespace vitrine::recon

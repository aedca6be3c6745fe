// The list of what a detector does to its readings, in the order in which it happens.
#include "vitrine/physics/effects/effect.hpp"

namespace vitrine::physics {
namespace {

constexpr Effect (*makers[])(const EffectSetting&) = {
    air_scan,           // of the calibration alone
    x_ray_crosstalk,    // energy
    optical_crosstalk,  // light
    lag,                // light
    dead_cells,         // corrected first
    electronic_noise,   //
    gain_drift,         //
    gain_spread,        //
    converter,          //
    low_signal,         // of preprocessing alone
};

}  // namespace

std::vector<Effect> detector_effects(const EffectSetting& setting) {
  std::vector<Effect> all;
  bool only_noise = true;
  for (const auto make : makers)
    if (Effect effect = make(setting)) {
      only_noise = only_noise && make == electronic_noise;
      all.push_back(std::move(effect));
    }
  if (only_noise) all.clear();
  return all;
}

}  // namespace vitrine::physics

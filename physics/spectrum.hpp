#pragma once
#include <vector>

#include "vitrine/model/material.hpp"

namespace vitrine::physics {

/// Photons of a beam per energy, in equal bins: per (mAs mm^2 keV) at 1 m from the focal spot.
struct Spectrum {
  static constexpr double bin_width = 0.5;  ///< keV
  std::vector<double> energies;             ///< keV, bin centres, ascending from 10 keV
  std::vector<double> fluence;              ///< photons / (mAs mm^2 keV)
};

/// What a tungsten tube emits through its inherent filtration, before added filters.
///
/// Bremsstrahlung along the electrons' slowing down in the target (Birch and Marshall 1979, Bethe
/// stopping power) with absorption on the way out of the anode, plus K lines (Green and Cosslett
/// 1968). Scaled to 1.6e8 photons per mAs and cm^2 at 1 m for 120 kV and 7 degrees.
/// 40 to 150 kV; `anode_angle` in rad. No photon above `kv`.
Spectrum tube_spectrum(double kv, double anode_angle);

/// The beam behind a plate of `thickness` mm.
Spectrum filtered(Spectrum spectrum, const Material& plate, double thickness);

/// Photons / (mAs mm^2) at 1 m.
double photons(const Spectrum& spectrum);
/// Mean photon energy, keV.
double mean_energy(const Spectrum& spectrum);
/// Air kerma at 1 m, mGy/mAs.
double air_kerma(const Spectrum& spectrum);
/// Thickness of `plate` that halves the air kerma, mm.
double half_value_layer(const Spectrum& spectrum, const Material& plate);

}  // namespace vitrine::physics

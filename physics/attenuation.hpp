#pragma once
#include <span>
#include <vector>

#include "vitrine/model/material.hpp"

namespace vitrine::physics {

/// Mass attenuation coefficient with coherent scattering, mm^2/g, at a photon energy of 1 to 500
/// keV.
///
/// xraylib 4 (EPDL97-based tables); equals the NIST tables to 0.5 % for light materials above 15
/// keV.
double mass_attenuation(const Material& material, double energy);
std::vector<double> mass_attenuation(const Material& material, std::span<const double> energies);

/// Linear attenuation coefficient of the material at its own density, 1/mm.
double linear_attenuation(const Material& material, double energy);

/// Mass energy-transfer coefficient, mm^2/g: photoelectric plus Compton times the mean share of the
/// energy that the electron takes (Klein-Nishina, free electrons).
///
/// Fluorescence is taken as absorbed on the spot: right for air, water and tissue, too large just
/// above the K edge of heavy elements. Not xraylib's CS_Energy, which is 30 % off for low Z.
double mass_energy_transfer(const Material& material, double energy);

/// Mean share of its energy that a photon gives to a free electron in a Compton event.
double compton_transfer_fraction(double energy);

}  // namespace vitrine::physics

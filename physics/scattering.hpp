#pragma once
#include <span>
#include <vector>

#include "vitrine/model/material.hpp"

namespace vitrine::physics {

/// What a photon may meet in a material at each of some energies, mm^2/g; the three sum to
/// mass_attenuation.
struct Interactions {
  std::vector<double> photoelectric, compton, rayleigh;
};
Interactions interactions(const Material& material, std::span<const double> energies);

/// How a material scatters at each of some momentum transfers x = E sin(theta / 2) / hc from
/// 0.001/A, per g: the classical free electron's 2 pi r_e^2 times these, times the Klein-Nishina or
/// Thomson angular shape, are cross-sections per mass and cosine.
///
/// Independent atoms (EPDL97 through xraylib): the order that molecules of a liquid keep, which
/// takes away small angles below x = 0.1 / A, is left out.
struct ScatterFactors {
  std::vector<double> incoherent;  ///< sum of N_A w / A times S(x, Z), 1/g
  std::vector<double> coherent;    ///< sum of N_A w / A times F(x, Z)^2, 1/g
};
ScatterFactors scatter_factors(const Material& material, std::span<const double> transfers);

/// Energy of a photon times this is its momentum transfer on turning back, 1/A per keV: 1 / hc.
inline constexpr double transfer_per_energy = 1.0 / 12.39841984;  // keV A, CODATA 2018

}  // namespace vitrine::physics

#pragma once
#include <span>
#include <vector>

#include "vitrine/model/material.hpp"

namespace vitrine::physics::carlo {

/// Cross-sections of some materials as the transport looks them up: linear between 128 energies to
/// the octave from 4 to 256 keV (nearest of these to a K edge: +-0.4 %), and between 32 squares of
/// the momentum transfer to the octave.
class Media {
 public:
  explicit Media(std::vector<Material> materials);

  const std::vector<Material>& materials() const { return materials_; }
  /// Energies of the table, keV.
  static std::vector<double> energies();
  /// mm^2/g, from the table.
  double mass_attenuation(std::size_t material, double energy) const;

  /// [energy][material]{mm^2/g, share of Compton, of Compton and Rayleigh, 1 over the integral over
  /// all directions of the Rayleigh shape, which is Thomson's over its value forwards, times F^2}
  std::span<const float> interaction() const { return interaction_; }
  /// [energy][material]: 1 over the integral over all directions of the Compton shape, which is
  /// Klein and Nishina's over its value forwards, times S.
  std::span<const float> norm() const { return norm_; }
  /// [material][square], relative to one electron: S; F^2; the integral of F^2 from 0.
  std::span<const float> incoherent() const { return incoherent_; }
  std::span<const float> coherent() const { return coherent_; }
  std::span<const float> cumulative() const { return cumulative_; }

 private:
  std::vector<Material> materials_;
  std::vector<float> interaction_, norm_, incoherent_, coherent_, cumulative_;
};

}  // namespace vitrine::physics::carlo

#pragma once
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/physics/beam.hpp"

namespace vitrine::physics::detail {

/// How much water stands for what a ray has met, mm.
struct Water {
  double weakening = 0.0;   ///< weakens the beam as much
  double scattering = 0.0;  ///< scatters as much
  double coherent = 0.0;    ///< sends as many photons ahead by Rayleigh events
};

/// Lengths of water by what a ray's signal is and by how hard its beam has become.
///
/// Attenuation is a sum of scatter and of photoelectric absorption (Alvarez and Macovski, Phys Med
/// Biol 21 (1976) 733), both taken to go with the energy as those of water. The signal tells one
/// sum of the two; the second moment of the energy over the first tells another, since absorption
/// hardens a beam more than scatter does. Bone that weakens a beam as 10 mm of water do scatters as
/// 6 to 7 mm do.
class WaterEquivalent {
 public:
  WaterEquivalent(const Beam& beam, Index column);

  /// `log` is -ln of the signal, `hardness` the variance of the signal over the signal, both
  /// relative to air's.
  Water of(double log, double hardness) const;

 private:
  static constexpr double step = 20.0;  ///< mm
  /// By the length of water, every `step`.
  std::vector<double> logs_, hardness_;
  /// Hardness that a beam gains where a fifth of the scattering water is replaced by absorption.
  std::vector<double> gain_;
  /// Water whose absorption weakens a beam behind that as one mm of its scatter does, mm.
  std::vector<double> exchange_;
};

}  // namespace vitrine::physics::detail

#pragma once
#include "vitrine/phantoms/anatomy/abdomen.hpp"

namespace vitrine::phantoms {

/// A whole trunk of an adult lying on the back, from the neck to the upper thighs.
///
/// The abdomen with a pelvis below and the chest of the same person above, in one wall and about
/// one spine: see docs/methods/phantoms.md. z = 0 is the disc between the first two lumbar
/// vertebrae, as in the abdomen.
class Torso final : public Anatomy {
 public:
  struct Params : Abdomen::Params {
    Params() { vessel_twigs = 12; }
    std::optional<Distribution> lung_height;
    Distribution heart_scale = Distribution::normal(1.0, 0.05).truncated(0.8, 1.25);
    Distribution lung_density = Distribution::normal(0.18e-3, 0.02e-3).truncated(0.13e-3, 0.24e-3);
    /// Twigs of the arteries, and of the veins, of a lobe of average size.
    std::int64_t lung_twigs = 12;
  };
  static const Schema<Params>& schema();

  explicit Torso(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

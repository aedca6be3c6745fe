#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// A supine adult chest with the arms up, lungs at full inspiration (docs/methods/phantoms.md).
///
/// z = 0 is about the level of the pulmonary veins, 50 mm below the carina.
class Thorax final : public Anatomy {
 public:
  struct Params {
    Choice sex{std::vector<std::string>{"female", "male"}};
    Distribution chest_width{Distribution::normal(330.0, 25.0)};  ///< mm
    Distribution depth_ratio{Distribution::normal(0.70, 0.04)};   ///< depth over width
    Distribution fat{Distribution::uniform(6.0, 20.0)};  ///< mm, subcutaneous, at the sides
    Distribution heart_scale{Distribution::normal(1.0, 0.07)};
    Distribution lung_density{Distribution::normal(0.26e-3, 0.02e-3)};  ///< g/mm^3
    double vessel_radius = 0.6;                                         ///< mm, thinnest
    std::int64_t vessel_ends = 140;  ///< per lung, of arteries and of veins each
  };
  static const Schema<Params>& schema();
  explicit Thorax(Params params) : params_(std::move(params)) {}

  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

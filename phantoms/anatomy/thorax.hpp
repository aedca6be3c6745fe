#pragma once
#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/population.hpp"

namespace vitrine::phantoms {

/// The chest of an adult lying on the back with the arms raised, from the lung
/// apices to the liver.
///
/// Built in reference proportions (male, 330 mm wide) that the sampled sizes
/// stretch: see docs/methods/phantoms.md for the layout and the sources. z = 0
/// is in the middle of the lungs.
class Thorax final : public Anatomy {
 public:
  struct Params : Population {
    /// Outer width and depth at the level of the heart. Width, height of the lungs and fat follow
    /// from the person where nothing is said.
    std::optional<Distribution> chest_width, lung_height, fat;
    std::optional<Distribution> depth_ratio;
    Distribution heart_scale = Distribution::normal(1.0, 0.05).truncated(0.8, 1.25);
    /// CT of 17 adults without lung disease: -875 to -770 HU, mean -817 (Clin Radiol 43 (1991)
    /// 238).
    Distribution lung_density = Distribution::normal(0.185e-3, 0.02e-3).truncated(0.13e-3, 0.24e-3);
    std::string detail = "standard";
    /// Twigs of the arteries, and of the veins, of a lobe of average size.
    std::int64_t vessel_twigs = 28;
    double vessel_min_radius = 0.7;
    double vessel_exponent = 2.3;
    double airway_min_radius = 2.0;
    Choice arms{std::string("raised")};
  };
  static const Schema<Params>& schema();

  explicit Thorax(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

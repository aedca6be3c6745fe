#pragma once
#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/population.hpp"

namespace vitrine::phantoms {

/// The abdomen of an adult lying on the back, from the dome of the diaphragm to the iliac crests.
///
/// Built in reference proportions (male, 335 mm wide) that the sampled sizes stretch: see
/// docs/methods/phantoms.md for the layout, the sources and the masses of the organs. z = 0 is the
/// disc between the first two lumbar vertebrae.
class Abdomen final : public Anatomy {
 public:
  struct Params : Population {
    /// Outer width, dome to iliac crest, fat, share of fat between the organs: they follow from the
    /// person where nothing is said, and so do the masses, g.
    std::optional<Distribution> width, trunk_height, fat, visceral_fat;
    std::optional<Distribution> liver_mass, spleen_mass, kidney_mass, pancreas_mass;
    Distribution depth_ratio = Distribution::normal(0.70, 0.035).truncated(0.6, 0.8);
    /// Masses over those that a body of this size has. Spread of adult organs: de la Grandmaison,
    /// Clairand and Durigon, Forensic Sci Int 119 (2001) 149, less what body size explains.
    Distribution liver_scale = Distribution::normal(1.0, 0.15).truncated(0.65, 1.35);
    Distribution spleen_scale = Distribution::normal(1.0, 0.25).truncated(0.5, 1.6);
    Distribution kidney_scale = Distribution::normal(1.0, 0.12).truncated(0.7, 1.3);
    Distribution pancreas_scale = Distribution::normal(1.0, 0.15).truncated(0.65, 1.35);
    /// Woodard and White (1986): 1.05 to 1.07 g/cm^3.
    Distribution liver_density =
        Distribution::normal(1.06e-3, 0.005e-3).truncated(1.03e-3, 1.08e-3);
    /// Twigs of each of the five vessel trees of the liver.
    std::int64_t vessel_twigs = 30;
  };
  static const Schema<Params>& schema();

  explicit Abdomen(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// The abdomen of an adult lying on the back, from the dome of the diaphragm to the iliac crests.
///
/// Built in reference proportions (male, 335 mm wide) that the sampled sizes stretch: see
/// docs/methods/phantoms.md for the layout, the sources and the masses of the organs. z = 0 is the
/// disc between the first two lumbar vertebrae.
class Abdomen final : public Anatomy {
 public:
  struct Params {
    Choice sex{std::vector<std::string>{"female", "male"}};
    /// Outer width and depth; the range of AAPM Report 204 (2011), table 1.
    Distribution width = Distribution::normal(335.0, 28.0).truncated(270.0, 430.0);
    Distribution depth_ratio = Distribution::normal(0.70, 0.035).truncated(0.6, 0.8);
    /// Right dome to iliac crest: T10 to L4, at 28 to 37 mm a level (Gilad and Nissan, Spine 11
    /// (1986) 154).
    Distribution height_female = Distribution::normal(220.0, 11.0).truncated(185.0, 265.0);
    Distribution height_male = Distribution::normal(232.0, 12.0).truncated(185.0, 265.0);
    Distribution fat_female = Distribution::normal(22.0, 7.0).truncated(6.0, 50.0);
    Distribution fat_male = Distribution::normal(17.0, 6.0).truncated(5.0, 45.0);
    Distribution visceral_fat = Distribution::normal(0.45, 0.1).truncated(0.2, 0.75);
    /// Masses over the reference ones. Spread of adult organs: de la Grandmaison, Clairand and
    /// Durigon, Forensic Sci Int 119 (2001) 149, less the part that body size explains.
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

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
    std::optional<Distribution> depth_ratio;
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
    Choice arms{std::string("raised")};
  };
  static const Schema<Params>& schema();

  explicit Abdomen(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
};

/// The fields of the abdomen, after those of the population.
template <std::derived_from<Abdomen::Params> Params>
Schema<Params>&& describe_abdomen(Schema<Params>&& schema) {
  const auto of = []<class T>(T Abdomen::Params::*member) -> T Params::* { return member; };
  return std::move(schema)
      .optional("width", of(&Abdomen::Params::width), unit::mm,
                "outer width (follows from height and BMI)")
      .between(250, 500)
      .optional("depth_ratio", of(&Abdomen::Params::depth_ratio),
                "outer depth over outer width (follows from BMI)")
      .between(0.58, 0.85)
      .optional("trunk_height", of(&Abdomen::Params::trunk_height), unit::mm,
                "from the right dome of the diaphragm to the iliac crests (follows from height)")
      .between(170, 290)
      .optional("fat", of(&Abdomen::Params::fat), unit::mm,
                "subcutaneous fat (follows from BMI, age and sex)")
      .between(4, 70)
      .optional("visceral_fat", of(&Abdomen::Params::visceral_fat),
                "share of fat rather than bowel between the organs (follows from BMI, age and "
                "sex)")
      .between(0.1, 0.85)
      .optional("liver_scale", of(&Abdomen::Params::liver_scale),
                "mass of the liver over the expected one")
      .between(0.6, 1.5)
      .optional("spleen_scale", of(&Abdomen::Params::spleen_scale),
                "mass of the spleen over the expected one")
      .between(0.4, 2)
      .optional("kidney_scale", of(&Abdomen::Params::kidney_scale),
                "mass of the kidneys over the expected one")
      .between(0.6, 1.4)
      .optional("pancreas_scale", of(&Abdomen::Params::pancreas_scale),
                "mass of the pancreas over the expected one")
      .between(0.6, 1.5)
      .optional("liver_mass", of(&Abdomen::Params::liver_mass), unit::g,
                "mass of the liver (expected: from the body's surface)")
      .between(600, 3500)
      .optional("spleen_mass", of(&Abdomen::Params::spleen_mass), unit::g,
                "mass of the spleen (expected: from the body's surface)")
      .between(40, 500)
      .optional("kidney_mass", of(&Abdomen::Params::kidney_mass), unit::g,
                "mass of both kidneys (expected: from the body's surface and age)")
      .between(120, 600)
      .optional("pancreas_mass", of(&Abdomen::Params::pancreas_mass), unit::g,
                "mass of the pancreas (expected: from the body's surface)")
      .between(40, 250)
      .optional("liver_density", of(&Abdomen::Params::liver_density), unit::g_per_cm3,
                "density of the liver (1.02 and less: steatosis)")
      .between(0.98, 1.1)
      .optional("vessel_twigs", of(&Abdomen::Params::vessel_twigs),
                "ends of each of the five vessel trees of the liver")
      .between(1, 200)
      .optional("arms", of(&Abdomen::Params::arms), "where the arms are")
      .one_of({"raised", "at_sides"});
}

}  // namespace vitrine::phantoms

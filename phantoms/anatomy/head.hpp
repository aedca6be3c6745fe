#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// The head of an adult lying on the back, from the vertex to the third cervical vertebra.
///
/// Built in reference proportions (male, 152 mm wide, 197 mm long) that the sampled sizes stretch:
/// see docs/methods/phantoms.md for the layout and the sources. z = 0 is the level of the ears'
/// canals. Breathing moves nothing.
class Head final : public Anatomy {
 public:
  struct Params {
    Choice sex{std::vector<std::string>{"female", "male"}};
    /// Gordon et al., 1988 Anthropometric Survey of US Army Personnel, NATICK/TR-89/044.
    Distribution breadth_female = Distribution::normal(144.4, 4.9).truncated(130.0, 165.0);
    Distribution breadth_male = Distribution::normal(151.7, 5.4).truncated(135.0, 172.0);
    Distribution length_female = Distribution::normal(187.2, 6.6).truncated(168.0, 208.0);
    Distribution length_male = Distribution::normal(197.1, 7.1).truncated(175.0, 220.0);
    /// Mean of frontal, parietal and occipital bone: Li et al., Int J Vehicle Safety 2, no. 4
    /// (2007).
    Distribution skull_female = Distribution::normal(7.1, 1.0).truncated(4.5, 11.0);
    Distribution skull_male = Distribution::normal(6.5, 0.9).truncated(4.5, 11.0);
    Distribution ventricle_scale = Distribution::lognormal(1.0, 0.3).truncated(0.4, 2.5);
  };
  static const Schema<Params>& schema();

  explicit Head(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/anatomy/head.hpp"

#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/detail/head_frame.hpp"

namespace vitrine::phantoms {

using detail::HeadFrame;

const Schema<Head::Params>& Head::schema() {
  static const auto s =
      Schema<Params>("head", "Adult head, supine, vertex to third cervical vertebra")
          .optional("sex", &Params::sex, "sex of the patient, or a choice")
          .one_of({"female", "male"})
          .optional("breadth_female", &Params::breadth_female, unit::mm,
                    "outer breadth of a woman's head above the ears")
          .between(125, 175)
          .optional("breadth_male", &Params::breadth_male, unit::mm,
                    "outer breadth of a man's head above the ears")
          .between(125, 175)
          .optional("length_female", &Params::length_female, unit::mm,
                    "outer length of a woman's head, forehead to occiput")
          .between(160, 225)
          .optional("length_male", &Params::length_male, unit::mm,
                    "outer length of a man's head, forehead to occiput")
          .between(160, 225)
          .optional("skull_female", &Params::skull_female, unit::mm,
                    "thickness of the vault of women")
          .between(4, 12)
          .optional("skull_male", &Params::skull_male, unit::mm, "thickness of the vault of men")
          .between(4, 12)
          .optional("ventricle_scale", &Params::ventricle_scale,
                    "volume of the ventricles over the usual one")
          .between(0.3, 4);
  return s;
}

AnatomyRecord Head::build(SceneBuilder& scene, Rng rng, const PatientState&) const {
  AnatomyRecord record;
  record.sex = params_.sex.sample(rng);
  HeadFrame f;
  f.female = record.sex == "female";
  const auto of_sex = [&](const Distribution& female, const Distribution& male) {
    const double woman = female.sample(rng), man = male.sample(rng);
    return f.female ? woman : man;
  };
  const double breadth = of_sex(params_.breadth_female, params_.breadth_male);
  const double length = of_sex(params_.length_female, params_.length_male);
  f.skull = of_sex(params_.skull_female, params_.skull_male);
  const double ventricles = params_.ventricle_scale.sample(rng);
  f.x = 0.5 * breadth / detail::head_reference::half_breadth;
  f.y = 0.5 * length / detail::head_reference::half_length;
  f.z = std::sqrt(f.x * f.y);
  f.ventricle = math::cbrt(ventricles);
  record.parameters = {{"breadth_mm", breadth},
                       {"length_mm", length},
                       {"skull_mm", f.skull},
                       {"ventricle_scale", ventricles}};

  detail::place_soft_tissue(scene, f);
  detail::place_neck(scene, f);
  detail::place_jaws(scene, f);
  detail::place_skull(scene, f);
  detail::place_brain(scene, f, rng);
  detail::place_face(scene, f);
  detail::place_skull_base(scene, f, rng);

  Host brain;
  brain.organ = "brain";
  brain.tissue = {"grey_matter", "white_matter", "cerebellum"};
  brain.inside = {"ventricles"};
  brain.extent = bounds(detail::vault(f, f.skull));
  brain.background_material = "white_matter";
  brain.background = material("white_matter").density;
  record.hosts.push_back(std::move(brain));
  return record;
}

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/qa/water_cylinder.hpp"

#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms {

const Schema<WaterCylinder::Params>& WaterCylinder::schema() {
  static const auto s =
      Schema<Params>("water_cylinder", "Cylinder of water for CT number, noise and uniformity")
          .optional("diameter", &Params::diameter, unit::mm, "diameter of the water")
          .between(50, 450)
          .optional("length", &Params::length, unit::mm, "length of the water")
          .between(10, 1000)
          .optional("wall", &Params::wall, unit::mm, "thickness of a vessel of PMMA (0: none)")
          .between(0, 30);
  return s;
}

AnatomyRecord WaterCylinder::build(SceneBuilder& scene, Rng rng, const PatientState&) const {
  const double radius = 0.5 * params_.diameter.sample(rng), half = 0.5 * params_.length;
  const double wall = params_.wall;
  detail::Assembly phantom(scene);
  phantom.note("diameter_mm", 2.0 * radius);
  if (wall > 0.0)
    phantom.place("wall", detail::rod(Vec3::Zero(), radius + wall, -half - wall, half + wall),
                  "pmma");
  phantom.place("water", detail::rod(Vec3::Zero(), radius, -half, half), "water");
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

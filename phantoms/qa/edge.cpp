#include "vitrine/phantoms/qa/edge.hpp"

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms {

const Schema<Edge::Params>& Edge::schema() {
  static const auto s =
      Schema<Params>("edge", "Half a cylinder in another, for the edge spread")
          .optional("material", &Params::material, "of the half cylinder")
          .one_of({"pmma", "polyethylene", "polystyrene", "ptfe", "polyoxymethylene", "aluminium",
                   "bone_equivalent", "air"})
          .optional("surroundings", &Params::surroundings, "what it is in")
          .one_of({"water", "solid_water", "none"})
          .optional("diameter", &Params::diameter, unit::mm, "of the half cylinder")
          .between(10, 400)
          .optional("container_diameter", &Params::container_diameter, unit::mm,
                    "of the cylinder that it is in")
          .between(20, 450)
          .optional("length", &Params::length, unit::mm, "of both")
          .between(1, 1000)
          .optional("slant", &Params::slant, unit::deg,
                    "of the edge against the rows of the image: 0 runs along y")
          .between(-45, 45)
          .optional("tilt", &Params::tilt, unit::deg, "of the edge's plane against z")
          .between(-80, 80)
          .rule("diameter_mm must be below container_diameter_mm",
                [](const Params& p) { return p.diameter < p.container_diameter; });
  return s;
}

AnatomyRecord Edge::build(SceneBuilder& scene, Rng, const PatientState&) const {
  const double half = 0.5 * params_.length;
  detail::Assembly phantom(scene);
  phantom.note("slant_deg", params_.slant / units::deg);
  phantom.note("tilt_deg", params_.tilt / units::deg);
  if (params_.surroundings != "none")
    phantom.place("body", detail::rod(Vec3::Zero(), 0.5 * params_.container_diameter, -half, half),
                  params_.surroundings);
  // What lies on the side of +x stays free.
  const double across = math::cos(params_.tilt);
  const Vec3 outwards(across * math::cos(params_.slant), across * math::sin(params_.slant),
                      math::sin(params_.tilt));
  phantom.place(
      "insert_edge",
      cut(detail::rod(Vec3::Zero(), 0.5 * params_.diameter, -half, half), Vec3::Zero(), outwards),
      params_.material);
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/qa/wire.hpp"

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms {

const Schema<Wire::Params>& Wire::schema() {
  static const auto s =
      Schema<Params>("wire", "Wire or bead in a cylinder, for resolution")
          .optional("shape", &Params::shape, "a wire along z, or a ball")
          .one_of({"wire", "bead"})
          .optional("material", &Params::material, "what it is made of")
          .one_of({"stainless_steel", "copper", "aluminium", "titanium", "tungsten",
                   "tungsten_carbide", "ptfe", "pmma"})
          .optional("surroundings", &Params::surroundings, "what it is in")
          .one_of({"water", "solid_water", "pmma", "none"})
          .optional("diameter", &Params::diameter, unit::mm, "of the wire or bead")
          .between(0.01, 20)
          .optional("length", &Params::length, unit::mm, "of the wire and its cylinder")
          .between(1, 1000)
          .optional("offset", &Params::offset, unit::mm, "from the axis, along +x")
          .between(0, 200)
          .optional("tilt", &Params::tilt, unit::deg, "of the wire from z, towards +y")
          .between(0, 80)
          .optional("container_diameter", &Params::container_diameter, unit::mm,
                    "of the cylinder that it is in")
          .between(10, 450)
          .rule("offset_mm must lie inside the cylinder (container_diameter_mm / 2)",
                [](const Params& p) {
                  return p.offset + 0.5 * p.diameter < 0.5 * p.container_diameter;
                });
  return s;
}

AnatomyRecord Wire::build(SceneBuilder& scene, Rng, const PatientState&) const {
  const double radius = 0.5 * params_.diameter, half = 0.5 * params_.length;
  const Vec3 middle(params_.offset, 0.0, 0.0);
  detail::Assembly phantom(scene);
  phantom.note("diameter_mm", params_.diameter);
  const Solid cylinder_about =
      detail::rod(Vec3::Zero(), 0.5 * params_.container_diameter, -half, half);
  if (params_.surroundings != "none") phantom.place("body", cylinder_about, params_.surroundings);
  if (params_.shape == "bead") {
    phantom.place("bead", ellipsoid(middle, Vec3::Constant(radius)), params_.material);
  } else {
    const Vec3 along(0.0, math::sin(params_.tilt), math::cos(params_.tilt));
    phantom.place("wire", cylinder(middle, Vec3(radius, radius, half), frame(along)),
                  params_.material);
  }
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

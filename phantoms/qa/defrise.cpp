#include "vitrine/phantoms/qa/defrise.hpp"

#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms {

const Schema<Defrise::Params>& Defrise::schema() {
  static const auto s =
      Schema<Params>("defrise", "Discs across the axis, for cone-beam artefacts")
          .optional("discs", &Params::discs, "number of discs")
          .between(1, 60)
          .optional("diameter", &Params::diameter, unit::mm, "diameter of the discs")
          .between(20, 450)
          .optional("thickness", &Params::thickness, unit::mm, "thickness of a disc")
          .between(0.5, 100)
          .optional("pitch", &Params::pitch, unit::mm, "from the middle of a disc to the next")
          .between(1, 200)
          .optional("material", &Params::material, "what the discs are made of")
          .one_of({"pmma", "polyethylene", "polystyrene", "ptfe", "water", "aluminium"})
          .optional("filling", &Params::filling, "what is between them and 10 mm about them")
          .one_of({"none", "water", "polyethylene"})
          .rule("thickness_mm must be below pitch_mm (discs lie apart)",
                [](const Params& p) { return p.thickness < p.pitch; })
          .rule("material and filling must differ",
                [](const Params& p) { return p.material != p.filling; });
  return s;
}

AnatomyRecord Defrise::build(SceneBuilder& scene, Rng, const PatientState&) const {
  const double radius = 0.5 * params_.diameter, half = 0.5 * params_.thickness;
  const double outermost = 0.5 * double(params_.discs - 1) * params_.pitch;
  detail::Assembly phantom(scene);
  phantom.note("pitch_mm", params_.pitch);
  if (params_.filling != "none") {
    const double end = outermost + half + 10.0;
    phantom.place("filling", detail::rod(Vec3::Zero(), radius + 10.0, -end, end), params_.filling);
  }
  for (std::int64_t i = 0; i < params_.discs; ++i) {
    const double z = double(i) * params_.pitch - outermost;
    phantom.place("discs", detail::rod(Vec3::Zero(), radius, z - half, z + half), params_.material);
  }
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

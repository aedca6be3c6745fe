#include "vitrine/phantoms/patient.hpp"

#include "vitrine/phantoms/lesion_paint.hpp"
#include "vitrine/phantoms/lesion_place.hpp"

namespace vitrine::phantoms {
namespace {

std::string kind_of(const Value& canonical) {
  const Value* kind = canonical.find("kind");
  return kind ? *kind->as<std::string>() : "solid";
}

LesionPlan planned(const PlacedLesion& lesion, const Host& host, std::size_t index,
                   const Stream& stream, const Stream& textures) {
  static const Pick<LesionComposition> solid = [] {
    Diagnostics none;
    return lesion_compositions().make(Value("solid"), none);
  }();
  const LesionSpec& spec = *lesion.spec;
  const Pick<LesionComposition>& composition = spec.composition ? spec.composition : solid;
  const std::string number = str(index + 1);
  LesionPlan plan{.id = str("lesion", number.size() < 2 ? "0" : "", number),
                  .organ = spec.organ,
                  .shape = kind_of(spec.shape.canonical),
                  .composition = kind_of(composition.canonical),
                  .layers = {},
                  .centre = host.stretch * lesion.centre + host.shift,
                  .margin = lesion.margin,
                  .host_material = host.background_material,
                  .host_density = host.background,
                  .texture = spec.texture.thing.get(),
                  .texture_rng = Rng(textures, lesion.number)};
  // A stream of its own in each lesion, so that another composition leaves shape and place alone.
  constexpr std::uint64_t matter = std::uint64_t(1) << 31;
  plan.layers = composition->layers(
      {lesion.outline, lesion.attenuation, host.background_material, host.background},
      Rng(stream, lesion.number + matter));
  return plan;
}

}  // namespace

Patient build_patient(const Cohort& cohort, std::uint64_t seed, std::string_view case_id,
                      const PatientState& state) {
  const Rng anatomy(make_stream(seed, case_id, Draw::anatomy), 0);
  SceneBuilder scene;
  AnatomyRecord body = cohort.anatomy->build(scene, anatomy, state);
  std::vector<PlacedLesion> lesions;
  const Stream stream = make_stream(seed, case_id, Draw::lesion);
  if (state.inspiration == 1.0) {
    lesions = place_lesions(cohort, stream, scene, body);
  } else {  // lesions find their place in the patient at rest, and the lungs carry them from there
    SceneBuilder rest;
    const AnatomyRecord at_rest = cohort.anatomy->build(rest, anatomy, {});
    lesions = place_lesions(cohort, stream, rest, at_rest);
  }
  const Stream textures = make_stream(seed, case_id, Draw::texture);
  for (std::size_t i = 0; i < lesions.size(); ++i) {
    const Host& host = host_of(body, lesions[i].spec->organ);
    const LesionPlan plan = planned(lesions[i], host, i, stream, textures);
    try {
      paint(scene, plan);
    } catch (Error& error) {
      error.during(str("placing ", plan.id));
      throw;
    }
  }
  Patient patient;
  patient.scene = std::move(scene).build();
  patient.sex = std::move(body.sex);
  patient.parameters = std::move(body.parameters);
  return patient;
}

}  // namespace vitrine::phantoms

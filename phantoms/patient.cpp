#include "vitrine/phantoms/patient.hpp"

#include "vitrine/core/math.hpp"
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
                  .lobe = spec.lobe == "any" ? "" : spec.lobe,
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

/// Let a lesion become what it is on `day`; false if it is not there.
bool change(PlacedLesion& lesion, const Stream& stream, double day) {
  constexpr double smallest = 0.5;  // mm of reach: less is gone
  constexpr std::uint64_t onset = std::uint64_t(1) << 31;
  const LesionSpec& spec = *lesion.spec;
  Rng appearing(stream, lesion.number + onset);
  if (day < spec.appears.sample(appearing)) return false;
  if (!spec.growth) return true;
  const double ratio = spec.growth->volume_ratio(day, Rng(stream, lesion.number));
  lesion.outline = scaled(std::move(lesion.outline), math::cbrt(ratio));
  return reach(lesion.outline) >= smallest;
}

}  // namespace

Patient build_patient(const Cohort& cohort, std::uint64_t seed, std::string_view case_id,
                      const PatientState& state, const SlabOf& slab) {
  const PatientDraws draws(cohort, seed, case_id);
  const Rng anatomy = draws.anatomy();
  SceneBuilder scene;
  AnatomyRecord body = cohort.anatomy->build(scene, anatomy, state);
  std::vector<PlacedLesion> lesions;
  const Stream stream = make_stream(seed, case_id, Draw::lesion);
  if (state.inspiration == 1.0) {
    lesions = place_lesions(cohort, draws, scene, body);
  } else {  // lesions find their place in the patient at rest, and the lungs carry them from there
    SceneBuilder rest;
    const AnatomyRecord at_rest = cohort.anatomy->build(rest, anatomy, {});
    lesions = place_lesions(cohort, draws, rest, at_rest);
  }
  const Stream textures = make_stream(seed, case_id, Draw::texture);
  const Stream growth = make_stream(seed, case_id, Draw::growth);
  for (std::size_t i = 0; i < lesions.size(); ++i) {
    if (!change(lesions[i], growth, state.day)) continue;
    const Host& host = host_of(body, lesions[i].spec->organ);
    const LesionPlan plan = planned(lesions[i], host, i, stream, textures);
    try {
      paint(scene, plan);
    } catch (Error& error) {
      error.during(str("placing ", plan.id));
      throw;
    }
  }
  if (!cohort.textures.empty())
    add_textures(scene, cohort.textures, body, textures, slab ? slab(scene.lesions()) : Slab{});
  Patient patient;
  patient.scene = std::move(scene).build();
  patient.sex = std::move(body.sex);
  patient.parameters = std::move(body.parameters);
  return patient;
}

}  // namespace vitrine::phantoms

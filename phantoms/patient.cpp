#include "vitrine/phantoms/patient.hpp"

#include <algorithm>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/lesion_paint.hpp"
#include "vitrine/phantoms/lesion_place.hpp"
#include "vitrine/phantoms/mass_effect.hpp"
#include "vitrine/phantoms/voxel_scene.hpp"

namespace vitrine::phantoms {
namespace {

std::string kind_of(const Value& canonical) {
  const Value* kind = canonical.find("kind");
  return kind ? *kind->as<std::string>() : "solid";
}

/// The contrast medium of a scan, if there is any, and the numbers that go with it.
struct Contrast {
  std::optional<Enhancement> medium;
  Stream stream;
};

/// Inject, and let the blood carry iodine into everything that the scene holds.
Contrast inject(const Cohort& cohort, const PatientDraws& draws, const Stream& stream,
                const PatientState& state, AnatomyRecord& body, SceneBuilder& scene) {
  Contrast contrast{std::nullopt, stream};
  if (!state.injection) return contrast;
  Rng circulation = draws.circulation();
  const double output = cohort.cardiac_output ? cohort.cardiac_output->sample(circulation) : 1.0;
  Rng late(stream, 1 + state.injection_number);
  const double timing_error = state.injection->timing_error.sample(late);
  const Physique physique = physique_of(body.parameters, body.sex, output);
  contrast.medium.emplace(*state.injection, physique, timing_error);
  const ContrastRecord& record = contrast.medium->record();
  const auto known = [](const auto& p) { return p.first == "weight_kg"; };
  if (std::none_of(body.parameters.begin(), body.parameters.end(), known))
    body.parameters.emplace_back("weight_kg", record.weight / units::kg);
  body.parameters.emplace_back("cardiac_output_l_per_min",
                               record.cardiac_output * units::minute / units::l);
  body.parameters.emplace_back("iodine_dose_g", record.iodine);
  scene.perfuse([&](std::string_view organ, const std::string& material, double density) {
    return contrast.medium->iodine(organ, material, density);
  });
  return contrast;
}

/// The body made of voxels; what comes later is added to them.
SceneBuilder of_voxels(SceneBuilder body, double spacing) {
  Scene scene = made_of_voxels(std::move(body).build(), spacing);
  SceneBuilder out;
  for (const Material& each : scene.materials) out.material(each.name);
  for (IndexedMap& map : scene.maps) out.add_map(std::move(map));
  for (Patch& patch : scene.patches) out.add_patch(std::move(patch));
  return out;
}

LesionPlan planned(const PlacedLesion& lesion, const Host& host, std::size_t index,
                   const Stream& stream, const Stream& textures, const Contrast& contrast) {
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
                  .host_iodine = 0.0,
                  .texture = spec.texture.thing.get(),
                  .heterogeneity = lesion.heterogeneity,
                  .texture_rng = Rng(textures, lesion.number)};
  // A stream of its own in each lesion, so that another composition leaves shape and place alone.
  constexpr std::uint64_t matter = std::uint64_t(1) << 31;
  plan.layers = composition->layers(
      {lesion.outline, lesion.attenuation, host.background_material, host.background},
      Rng(stream, lesion.number + matter));
  if (!contrast.medium) return plan;
  const std::string& tissue = host.tissue.empty() ? host.organ : host.tissue.front();
  plan.host_iodine = contrast.medium->iodine(tissue, host.background_material, host.background);
  if (spec.enhancement)
    spec.enhancement->enhance(plan.layers, {*contrast.medium, spec.organ, plan.host_iodine},
                              Rng(contrast.stream, lesion.number + matter));
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

/// Push aside what a lesion with a mass effect does not replace.
void make_room(SceneBuilder& scene, const PlacedLesion& lesion, const Host& host) {
  const double share = lesion.spec->mass_effect;
  if (share <= 0.0) return;
  const double radius =
      math::cbrt(3.0 * share * volume_of(lesion.outline) / (4.0 * std::numbers::pi));
  push_aside(scene, {host.stretch * lesion.centre + host.shift, radius}, host);
}

}  // namespace

Patient build_patient(const Cohort& all, std::uint64_t seed, std::string_view case_id,
                      const PatientState& state, const SlabOf& slab) {
  const Cohort cohort = own_cohort(all, case_id);
  const PatientDraws draws(cohort, seed, case_id);
  const Rng anatomy = draws.anatomy();
  const Pick<Anatomy> kind = anatomy_of(cohort, seed, case_id);
  SceneBuilder scene;
  AnatomyRecord body = kind->build(scene, anatomy, state);
  std::vector<PlacedLesion> lesions;
  const Stream stream = make_stream(seed, case_id, Draw::lesion);
  if (state.inspiration == 1.0) {
    lesions = place_lesions(cohort, draws, scene, body);
  } else {  // lesions find their place in the patient at rest, and the lungs carry them from there
    SceneBuilder rest;
    const AnatomyRecord at_rest = kind->build(rest, anatomy, {});
    lesions = place_lesions(cohort, draws, rest, at_rest);
  }
  const Stream textures = make_stream(seed, case_id, Draw::texture);
  const Stream growth = make_stream(seed, case_id, Draw::growth);
  const Contrast contrast =
      inject(cohort, draws, make_stream(seed, case_id, Draw::contrast), state, body, scene);
  Patient patient;
  std::vector<bool> is_there;
  for (PlacedLesion& lesion : lesions) {
    is_there.push_back(change(lesion, growth, state.day));
    if (is_there.back()) make_room(scene, lesion, host_of(body, lesion.spec->organ));
  }
  if (cohort.voxels) scene = of_voxels(std::move(scene), *cohort.voxels);
  for (std::size_t i = 0; i < lesions.size(); ++i) {
    if (!is_there[i]) continue;
    const Host& host = host_of(body, lesions[i].spec->organ);
    const LesionPlan plan = planned(lesions[i], host, i, stream, textures, contrast);
    patient.heterogeneity.push_back(plan.heterogeneity);
    try {
      paint(scene, plan);
    } catch (Error& error) {
      error.during(str("placing ", plan.id));
      throw;
    }
  }
  const Slab seen = slab ? slab(scene.lesions()) : Slab{};
  if (!cohort.textures.empty()) add_textures(scene, cohort.textures, body, textures, seen);
  patient.scene = std::move(scene).build();
  patient.sex = std::move(body.sex);
  patient.parameters = std::move(body.parameters);
  patient.hosts = std::move(body.hosts);
  if (contrast.medium) patient.contrast = contrast.medium->record();
  return patient;
}

}  // namespace vitrine::phantoms

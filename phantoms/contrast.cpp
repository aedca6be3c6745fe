#include "vitrine/phantoms/contrast.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "vitrine/phantoms/lesion_content.hpp"

namespace vitrine::phantoms {
namespace {

using enum Compartment;

/// Which compartment an organ of a scene belongs to. Organs that are not here take up nothing; an
/// anatomy that needs another one for some of its solids names it at `begin_organ`.
constexpr std::pair<std::string_view, Compartment> supply[] = {
    // vessels and the heart
    {"aorta", aorta},
    {"visceral_arteries", arteries},
    {"coronary_arteries", arteries},
    {"pulmonary_arteries", pulmonary_arteries},
    {"pulmonary_veins", pulmonary_veins},
    {"lung_vessels", pulmonary_veins},
    {"veins", upper_veins},
    {"vena_cava", vena_cava},
    {"renal_veins", renal_veins},
    {"portal_vein", portal_vein},
    {"liver_vessels", hepatic_veins},
    {"vessels", arteries},
    {"heart", heart_muscle},
    {"heart_chambers", left_heart},
    // chest
    {"lung_right", lungs},
    {"lung_left", lungs},
    {"lung", lungs},
    {"thyroid", thyroid},
    {"oesophagus", stomach},
    {"breast", other_tissue},
    {"lymph_nodes", other_tissue},
    {"diaphragm", muscle},
    {"chest_wall", muscle},
    // abdomen
    {"liver", liver},
    {"gallbladder", other_tissue},
    {"spleen", spleen},
    {"pancreas", pancreas},
    {"kidney_cortex", renal_cortex},
    {"kidney_medulla", renal_medulla},
    {"renal_pelvis", renal_pelvis},
    {"ureters", renal_pelvis},
    {"adrenals", adrenals},
    {"stomach", stomach},
    {"duodenum", small_bowel},
    {"small_bowel", small_bowel},
    {"colon", colon},
    {"wall_muscle", muscle},
    {"psoas", muscle},
    {"kidney", renal_cortex},
    {"bowel", small_bowel},
    // pelvis and arms
    {"iliac_arteries", arteries},
    {"iliac_veins", lower_veins},
    {"azygos_vein", lower_veins},
    {"bladder", muscle},
    {"uterus", other_tissue},
    {"ovaries", other_tissue},
    {"prostate", other_tissue},
    {"rectum", colon},
    {"femora", marrow},
    {"arm_bones", marrow},
    {"arm_muscle", muscle},
    // head: grey and white matter share the brain's curve
    {"grey_matter", brain},
    {"white_matter", brain},
    {"cerebellum", brain},
    {"brain_stem", brain},
    {"parotids", other_tissue},
    {"eye_muscles", muscle},
    {"conchae", other_tissue},
    // everywhere
    {"muscle", muscle},
    {"back_muscle", muscle},
    {"skin", skin},
    {"fat", fat},
    {"deep_fat", fat},
    {"wall_fat", fat},
    {"back_fat", fat},
    {"visceral_fat", fat},
    {"abdominal_fat", fat},
    {"perirenal_fat", fat},
    {"renal_sinus", fat},
    {"mediastinum", fat},
    {"bone", marrow},
    {"spine_bed", fat},
    {"orbit", fat},
    {"spine", marrow},
    {"ribs", marrow},
    {"sternum", marrow},
    {"scapulae", marrow},
    {"pelvis", marrow},
    {"cervical_spine", marrow},
    {"diploe", marrow},
};

/// What blood does not reach, whatever organ it lies in.
constexpr std::string_view bloodless[] = {
    "air", "water", "csf", "bile", "bowel_content", "cortical_bone", "cartilage", "eye_lens"};

std::optional<Compartment> compartment_of(std::string_view organ) {
  const auto named = [&](const auto& entry) { return entry.first == organ; };
  const auto found = std::find_if(std::begin(supply), std::end(supply), named);
  return found != std::end(supply) ? std::optional(found->second) : compartment_named(organ);
}

// Reference bodies of ICRP 89.
constexpr double reference_weight[2] = {73.0 * units::kg, 60.0 * units::kg};
constexpr double reference_height[2] = {1760.0, 1630.0};

const double* find(const std::vector<std::pair<std::string, double>>& parameters,
                   std::initializer_list<std::string_view> names) {
  for (const auto& [name, value] : parameters)
    if (std::find(names.begin(), names.end(), name) != names.end()) return &value;
  return nullptr;
}

constexpr double longest_wait = 120.0;  // s for a trigger

Bolus bolus_of(const Injection& injection, const Physique& body) {
  constexpr double usual_dose = 500.0 * units::mg_per_kg;
  constexpr double usual_rate = 3.0 * units::ml;  // mm^3/s
  const double wanted = injection.volume.value_or(injection.dose.value_or(usual_dose) *
                                                  body.weight / injection.concentration);
  const double volume = std::min(wanted, injection.most.value_or(wanted));
  const double rate =
      injection.duration ? volume / *injection.duration : injection.rate.value_or(usual_rate);
  return {volume, injection.concentration, rate, injection.flush};
}

/// Time of the scan after the start of the injection, s; 0 before it.
double scan_time(const Injection& injection, const Physique& body, double timing_error) {
  if (injection.delay <= 0.0) return 0.0;
  double start = 0.0;
  if (injection.trigger) {
    const IodineCurves early(body, bolus_of(injection, body), longest_wait);
    const auto reached = early.first_time(aorta, iodine_for(*injection.trigger));
    require(reached.has_value(), Error::Kind::data, "the aorta never reaches trigger_hu ",
            to_text(*injection.trigger), " (this patient gets ",
            to_text(std::round(bolus_of(injection, body).iodine())),
            " g of iodine). Choose a lower one.");
    start = *reached;
  }
  return std::max(0.0, start + injection.delay + timing_error);
}

}  // namespace

const Schema<Injection>& Injection::schema() {
  static const auto s =
      Schema<Injection>("contrast", "Contrast medium: what is injected, and when the scan starts")
          .optional("agent", &Injection::agent, "what it is called (in DICOM headers)")
          .optional("concentration", &Injection::concentration, unit::mg_per_ml, "iodine in it")
          .between(50, 500)
          .optional("dose", &Injection::dose, unit::mg_per_kg,
                    "iodine per body weight (500 if no volume_ml is given)")
          .between(10, 2000)
          .optional("volume", &Injection::volume, unit::ml, "volume, in place of a dose")
          .between(1, 400)
          .optional("most", &Injection::most, unit::ml, "no patient gets a larger volume")
          .between(1, 400)
          .optional("rate", &Injection::rate, unit::ml_per_s,
                    "rate of injection and flush (3 if no duration_s is given)")
          .between(0.2, 12)
          .optional("duration", &Injection::duration, unit::s,
                    "of the injection, in place of a rate: large patients get more per second")
          .between(3, 120)
          .optional("flush", &Injection::flush, unit::ml, "saline afterwards")
          .between(0, 200)
          .optional("trigger", &Injection::trigger, unit::hu,
                    "enhancement of the aorta from which the delay counts (bolus tracking); from "
                    "the start of the injection if nothing is said")
          .between(10, 400)
          .optional("delay", &Injection::delay, unit::s,
                    "from there to the scan; 0: a scan before the injection")
          .between(0, 1200)
          .optional("timing_error", &Injection::timing_error, unit::s,
                    "how much later than planned the scan is, for each visit")
          .between(-60, 120)
          .rule("say dose_mg_per_kg or volume_ml, not both",
                [](const Injection& i) { return !i.dose || !i.volume; })
          .rule("say rate_ml_per_s or duration_s, not both",
                [](const Injection& i) { return !i.rate || !i.duration; });
  return s;
}

double body_weight(const std::vector<std::pair<std::string, double>>& parameters, bool female) {
  if (const double* kg = find(parameters, {"weight_kg"})) return *kg * units::kg;
  const double* width = find(parameters, {"width_mm", "chest_width_mm"});
  const double* depth = find(parameters, {"depth_mm", "chest_depth_mm"});
  if (!width || !depth) return reference_weight[female];
  constexpr double filled = 0.65, density = 1.03 * units::g_per_cm3;
  return filled * density * 0.25 * std::numbers::pi * *width * *depth * reference_height[female];
}

Physique physique_of(const std::vector<std::pair<std::string, double>>& parameters,
                     std::string_view sex, double relative_output) {
  Physique body;
  body.female = sex == "female";
  body.weight = body_weight(parameters, body.female);
  // A body's height, not that of a trunk.
  const double* height =
      find(parameters, {"weight_kg"}) ? find(parameters, {"height_mm"}) : nullptr;
  body.height = height ? *height : reference_height[body.female];
  body.relative_output = relative_output;
  return body;
}

Enhancement::Enhancement(const Injection& injection, const Physique& body, double timing_error)
    : curves_(body, bolus_of(injection, body), scan_time(injection, body, timing_error)) {
  const Bolus bolus = bolus_of(injection, body);
  record_ = {.agent = injection.agent,
             .concentration = bolus.concentration,
             .volume = bolus.volume,
             .iodine = bolus.iodine(),
             .rate = bolus.rate,
             .delay = injection.delay,
             .time = scan_time(injection, body, timing_error),
             .weight = body.weight,
             .cardiac_output = body.cardiac_output(),
             .compartments = {}};
  for (std::size_t c = 0; c < compartment_count; ++c) {
    const auto compartment = static_cast<Compartment>(c);
    record_.compartments.emplace_back(name_of(compartment), curves_.at(compartment, time()));
  }
}

double Enhancement::iodine(std::string_view organ, const std::string& material,
                           double density) const {
  const auto compartment = compartment_of(organ);
  if (!compartment ||
      std::find(std::begin(bloodless), std::end(bloodless), material) != std::end(bloodless))
    return 0.0;
  // Lungs hold air: what is known is the iodine in their tissue and blood.
  constexpr double lung_tissue = 1.05 * units::g_per_cm3;
  const double share = material == "lung" ? density / lung_tissue : 1.0;
  return share * record_.compartments[std::size_t(*compartment)].second;
}

}  // namespace vitrine::phantoms

#include "vitrine/trial/detail/measurer.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/lesion_content.hpp"
#include "vitrine/phantoms/surface.hpp"
#include "vitrine/radiomics/extract.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/trial/algorithm_levels.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/content_keys.hpp"
#include "vitrine/trial/object.hpp"

namespace vitrine::trial::detail {
namespace {

/// The CTDIvol that a console shows: it knows nothing of its own tube's deviation.
double displayed(double ctdi_vol, const Scanner& scanner) {
  return scanner.deviations ? ctdi_vol / (1.0 + scanner.deviations->tube_output) : ctdi_vol;
}

/// `wall 512.3 mm3 30 HU, cavity 11.5 mm3 -1000 HU`.
std::string parts_of(const LesionTruth& lesion) {
  std::string text;
  for (const LesionPart& part : lesion.parts)
    text += str(text.empty() ? "" : ", ", part.name, ' ',
                to_text(std::round(10.0 * part.volume) / 10.0), " mm3 ",
                to_text(std::round(part.attenuation)), " HU");
  return text;
}

/// The unit of a feature of a map: that of one of CT numbers, with mg/ml for HU.
std::string in_mg_per_ml(std::string_view unit) {
  std::string text(unit);
  if (const auto at = text.find("HU"); at != std::string::npos)
    text.replace(at, 2, text == "HU" ? "mg/ml" : "(mg/ml)");
  return text;
}

/// If a scan tells energies apart, images are of some of them.
bool has_bins(const Arms& arms) {
  return std::ranges::any_of(each_protocol(arms), [](const Arms& its) {
    return std::ranges::any_of(its.scanners,
                               [&](const Scanner& each) { return parts_energies(its, each); });
  });
}

/// If rows have to say which protocol they are of.
bool has_protocols(const Arms& arms) { return arms.protocols.size() > 1; }

/// An arm's own scan of the patient at the first visit, not repositioned.
bool is_own_scan(const Visit& visit) { return visit.name == Visit{}.name; }

/// Half the side of a box about the lesion's centre that holds it and what surrounds it, mm.
double reach_of(const Scene& scene, const LesionTruth& lesion) {
  return std::max(0.5 * lesion.longest_axial_diameter + 8.0, reach(scene, lesion) + 2.0);
}

}  // namespace

double noise_level(const Image& image, const Image& noiseless) {
  constexpr double radius = 25.0;
  const Grid& grid = image.grid();
  double sum = 0.0, squares = 0.0;
  Index n = 0;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = grid.centre(i, j, k);
        if (p.x() * p.x() + p.y() * p.y() > radius * radius) continue;
        const double difference = double(image(i, j, k)) - double(noiseless(i, j, k));
        sum += difference;
        squares += difference * difference;
        ++n;
      }
  if (n < 2) return not_measured;
  const double mean = sum / double(n);
  return std::sqrt(std::max(0.0, squares / double(n) - mean * mean));
}

Measurer::Measurer(const Plan& plan, std::string case_id, const Visit& visit, CaseResult& result)
    : plan_(plan), case_id_(std::move(case_id)), visit_(visit) {
  patient_ = build(visit.state, [&](std::span<const LesionTruth> lesions) {
    aim_ = aim(lesions);
    return slab();
  });
  patient_.scene = moved(std::move(patient_.scene), visit.pose);
  key_ = scene_key(plan, case_id_, visit_, slab());
  lay_grid();
  if (result.features.columns.empty()) add_columns(result);
}

Measurer::Measurer(const Plan& plan, const Measurer& same)
    : plan_(plan),
      case_id_(same.case_id_),
      visit_(same.visit_),
      key_(same.key_),
      patient_(same.patient_),
      aim_(same.aim_) {
  lay_grid();
}

/// The image grid, and the lesions' masks on it.
void Measurer::lay_grid() {
  const Scenario& scenario = plan_.scenario;
  const auto& lesions = patient_.scene.lesions;
  grid_ = image_grid(scenario.arms.protocol, image_centre());
  for (std::size_t i = 0; i < lesions.size(); ++i) {
    const GridBox box = box_about(grid_, lesions[i].centre, reach_of(patient_.scene, lesions[i]));
    const auto share = phantoms::occupancy(patient_.scene, lesions[i], box.grid);
    const Mask mask = phantoms::mask_of(share);
    partial_volume_.push_back(radiomics::partial_volume_fraction(mask, share));
    masks_.emplace_back(grid_);
    paste(mask, box, masks_.back());
  }
  perturbed_.resize(is_own_scan(visit_) ? lesions.size() : 0);
  parallel_for(std::ssize(perturbed_), [&](Index i) {
    for (const radiomics::Perturbation& p : scenario.measure.perturbations)
      perturbed_[std::size_t(i)].push_back(perturbed(std::size_t(i), p));
  });
}

void Measurer::add_columns(CaseResult& result) const {
  const Scenario& scenario = plan_.scenario;
  result.patients.columns = {"case", "parameter", "value"};
  if (!scenario.patients.strata.empty()) result.patients.columns.emplace_back("stratum");
  result.lesions.columns = {"case",
                            "lesion",
                            "organ",
                            "shape",
                            "volume_mm3",
                            "longest_axial_diameter_mm",
                            "short_axis_mm",
                            "x_mm",
                            "y_mm",
                            "z_mm",
                            "density_g_per_cm3",
                            "mask_voxels",
                            "mask_volume_mm3",
                            "composition",
                            "parts",
                            "iodine_mg_per_ml",
                            "attenuation_hu",
                            "surface_mm2",
                            "lobe",
                            "partial_volume_fraction"};
  result.features.columns = {"case",      "lesion", "arm",   "replicate",   "feature",
                             "ibsi_code", "unit",   "value", "aggregation", "reason"};
  if (!scenario.measure.perturbations.empty()) result.features.columns.emplace_back("perturbation");
  if (!scenario.patients.strata.empty()) result.features.columns.emplace_back("stratum");
  if (!plan_.sites.empty()) result.features.columns.emplace_back("site");
  if (has_protocols(scenario.arms)) result.features.columns.emplace_back("protocol");
  result.profiles.columns = {"case", "lesion", "arm", "x_mm", "hu"};
  result.images.columns = {"case",
                           "arm",
                           "replicate",
                           "scanner",
                           "kernel",
                           "tube_voltage_kv",
                           "tube_load_mas",
                           "slice_thickness_mm",
                           "noise_reduction_percent",
                           "ctdi_vol_mgy",
                           "dlp_mgy_cm",
                           "water_equivalent_diameter_cm",
                           "ssde_mgy",
                           "photons_per_reading",
                           "noise_hu"};
  if (has_bins(scenario.arms)) result.images.columns.push_back("bins");
  if (has_maps(scenario.arms)) result.images.columns.push_back("noise_mg_per_ml");
  if (names_algorithms(scenario.arms)) result.images.columns.push_back("algorithm");
  if (has_protocols(scenario.arms)) result.images.columns.push_back("protocol");
}

Visit::Aim Measurer::aim(std::span<const LesionTruth> lesions) const {
  Visit::Aim at = visit_.aim.value_or(Visit::Aim{});
  const Protocol& protocol = plan_.scenario.arms.protocol;
  if (!visit_.aim && protocol.centre == "lesions" && !lesions.empty()) {
    const auto middle = [&](const Vec3& direction) {
      double low = 0.0, high = 0.0;
      for (const LesionTruth& lesion : lesions) {
        const double place = visit_.pose.apply(lesion.centre).dot(direction);
        low = &lesion == lesions.data() ? place : std::min(low, place);
        high = &lesion == lesions.data() ? place : std::max(high, place);
      }
      return 0.5 * (low + high);
    };
    at.table = middle(recon::table_direction(protocol.gantry_tilt));
    const Vec3 aside = aside_direction(protocol);
    at.aside = middle(aside) - at.table * aside.z();
  }
  at.table += visit_.table_offset;
  return at;
}

Vec3 Measurer::image_centre() const {
  return Vec3(0.0, 0.0, aim_.table) + aim_.aside * aside_direction(plan_.scenario.arms.protocol);
}

phantoms::Slab Measurer::slab() const {
  const Arms& arms = plan_.scenario.arms;
  double reach = 0.0;
  for (const Scanner& scanner : arms.scanners)
    reach = std::max(
        reach, scan_reach(scan_geometry(scanner, arms.protocol, aim_.table, 0.0), aim_.table));
  // Turned and shifted, or moved during the scan, a point of the patient is not farther off.
  constexpr double body_radius = 300.0, during_the_scan = 50.0;
  const double moved = visit_.pose.translation.norm() +
                       body_radius * (visit_.pose.rotation - Mat3::Identity()).norm() +
                       (arms.protocol.motion.empty() ? 0.0 : during_the_scan);
  return {aim_.table - reach - moved, aim_.table + reach + moved};
}

phantoms::Patient Measurer::build(const phantoms::PatientState& state,
                                  const phantoms::SlabOf& slab_of) const {
  const Scenario& scenario = plan_.scenario;
  return phantoms::build_patient(scenario.patients, std::uint64_t(scenario.trial.seed), case_id_,
                                 state, slab_of);
}

Scene Measurer::scene_at(double time, double strength, const Stream& stream) const {
  const Scenario& scenario = plan_.scenario;
  const phantoms::Stance stance = phantoms::stance_at(
      {visit_.state, visit_.pose}, scenario.arms.protocol.motion, time, strength, stream);
  phantoms::Patient there = build(stance.state, [&](auto) { return slab(); });
  return moved(std::move(there.scene), stance.pose);
}

ImageContext Measurer::context(const Arm& arm, double ctdi_vol, const Visit& visit) const {
  const auto& lesions = patient_.scene.lesions;
  return {case_id_,
          patient_.sex,
          arm,
          plan_.scenario.arms.scanners[arm.scanner],
          plan_.scenario.arms.protocol,
          visit,
          displayed(ctdi_vol, plan_.scenario.arms.scanners[arm.scanner]),
          lesions.empty() ? std::nullopt : std::optional(lesions.front().centre),
          patient_.contrast};
}

void Measurer::record_contrast(Table& contrast) const {
  if (!patient_.contrast) return;
  const phantoms::ContrastRecord& record = *patient_.contrast;
  if (contrast.columns.empty())
    contrast.columns = {"case",   "replicate",        "contrast_delay_s", "time_s",
                        "object", "iodine_mg_per_ml", "enhancement_hu",   "attenuation_hu"};
  const bool of_protocols = has_protocols(plan_.scenario.arms);
  if (of_protocols && contrast.columns.back() != "protocol")
    contrast.columns.emplace_back("protocol");
  const double hu_per_iodine = 1.0 / phantoms::iodine_for(1.0);
  const auto add = [&](const std::string& object, double iodine, double attenuation) {
    std::vector<Table::Cell> row{case_id_,
                                 visit_.name,
                                 record.delay,
                                 record.time,
                                 object,
                                 iodine / units::mg_per_ml,
                                 iodine * hu_per_iodine,
                                 attenuation};
    if (of_protocols) row.emplace_back(plan_.scenario.arms.protocol.name);
    contrast.add(std::move(row));
  };
  for (const auto& [name, iodine] : record.compartments) add(name, iodine, not_measured);
  for (const LesionTruth& lesion : patient_.scene.lesions)
    add(lesion.id, lesion.iodine, lesion.attenuation);
}

void Measurer::record_truth(CaseResult& result) const {
  const std::string stratum = phantoms::stratum_name(plan_.scenario.patients, case_id_);
  const auto add = [&](const std::string& name, const Table::Cell& value) {
    std::vector<Table::Cell> row{case_id_, name, value};
    if (!stratum.empty()) row.emplace_back(stratum);
    result.patients.add(std::move(row));
  };
  if (!patient_.sex.empty()) add("sex", patient_.sex);
  for (const auto& [name, value] : patient_.parameters) add(name, value);
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const LesionTruth& t = patient_.scene.lesions[i];
    const auto values = masks_[i].values();
    const auto voxels = double(std::count(values.begin(), values.end(), std::uint8_t{1}));
    result.lesions.add({case_id_,
                        t.id,
                        t.organ,
                        t.shape,
                        t.volume,
                        t.longest_axial_diameter,
                        t.short_axis,
                        t.centre.x(),
                        t.centre.y(),
                        t.centre.z(),
                        t.density / units::g_per_cm3,
                        voxels,
                        voxels * grid_.voxel_volume(),
                        t.composition,
                        parts_of(t),
                        t.iodine / units::mg_per_ml,
                        t.attenuation,
                        phantoms::surface_area(patient_.scene, t),
                        t.lobe,
                        partial_volume_[i]});
  }
}

void Measurer::record_image(Table& images, const Arm& arm, const std::string& replicate,
                            const DoseIndices& dose, double photons, double noise) const {
  const bool is_map = voxel_unit(plan_.scenario.arms, arm.bins) == recon::VoxelUnit::mg_per_ml;
  const Tube tube = tube_of(plan_.scenario.arms.protocol, arm);
  std::vector<Table::Cell> row{case_id_,
                               arm.name,
                               replicate,
                               plan_.scenario.arms.scanners[arm.scanner].name,
                               arm.kernel_name,
                               tube.voltage,
                               tube.load,
                               arm.slice_thickness,
                               100.0 * arm.noise_reduction(),
                               dose.ctdi_vol,
                               dose.dlp / units::cm,
                               dose.water_equivalent_diameter / units::cm,
                               dose.ssde.value_or(not_measured),
                               photons,
                               is_map ? not_measured : noise};
  if (has_bins(plan_.scenario.arms)) row.emplace_back(arm.bins);
  if (has_maps(plan_.scenario.arms)) row.emplace_back(is_map ? noise : not_measured);
  if (names_algorithms(plan_.scenario.arms)) row.emplace_back(arm.algorithm_name);
  if (has_protocols(plan_.scenario.arms)) row.emplace_back(plan_.scenario.arms.protocol.name);
  images.add(std::move(row));
}

void Measurer::record_profiles(Table& profiles, const Image& image, const std::string& arm) const {
  for (const LesionTruth& lesion : patient_.scene.lesions) {
    const GridBox box = box_about(grid_, lesion.centre, reach_of(patient_.scene, lesion));
    const Index j = box.first[1] + box.grid.size[1] / 2;
    const Index k = box.first[2] + box.grid.size[2] / 2;
    for (Index i = box.first[0]; i < box.first[0] + box.grid.size[0]; ++i)
      profiles.add({case_id_, lesion.id, arm, grid_.centre(i, j, k).x(), double(image(i, j, k))});
  }
}

namespace {

/// The settings of an image in this unit.
radiomics::Settings settings_of(const Measure& how, bool is_map) {
  radiomics::Settings settings = how.settings;
  if (!is_map) return settings;
  settings.range_hu.reset();
  settings.round_intensities = false;
  return settings;
}

}  // namespace

Measured Measurer::measured(const Image& image, recon::VoxelUnit unit) const {
  const Measure& how = plan_.scenario.measure;
  Measured values{std::vector<std::vector<radiomics::FeatureValue>>(masks_.size()),
                  unit == recon::VoxelUnit::mg_per_ml};
  const radiomics::Settings settings = settings_of(how, values.is_map);
  parallel_for(std::ssize(masks_), [&](Index i) {
    const auto lesion = std::size_t(i);
    values.of[lesion] = radiomics::extract(image, masks_[lesion], settings, how.features);
  });
  return values;
}

void Measurer::record(Table& features, const Measured& values, const std::string& arm,
                      const std::string& replicate) const {
  const std::string unperturbed(radiomics::Perturbation::unperturbed);
  for (std::size_t i = 0; i < masks_.size(); ++i)
    add_rows(features, i, arm, replicate, unperturbed, values.is_map, values.of[i]);
}

void Measurer::measure(Table& features, const Image& image, const std::string& arm,
                       const std::string& replicate, recon::VoxelUnit unit) const {
  record(features, measured(image, unit), arm, replicate);
  const Measure& how = plan_.scenario.measure;
  const auto perturbations = std::ssize(how.perturbations);
  if (replicate != Visit{}.name || perturbations == 0) return;
  const bool is_map = unit == recon::VoxelUnit::mg_per_ml;
  const radiomics::Settings settings = settings_of(how, is_map);
  std::vector<std::vector<radiomics::FeatureValue>> values(std::size_t(perturbations) *
                                                           masks_.size());
  const radiomics::Keep keep = radiomics::kept_for(how.features);
  parallel_for(std::ssize(values), [&](Index v) {
    const auto& mask = perturbed_[std::size_t(v / perturbations)][std::size_t(v % perturbations)];
    values[std::size_t(v)] =
        radiomics::extract(radiomics::prepare(image, mask, settings, keep), settings, how.features);
  });
  for (std::size_t v = 0; v < values.size(); ++v)
    add_rows(features, v / std::size_t(perturbations), arm, replicate,
             how.perturbations[v % std::size_t(perturbations)].id, is_map, values[v]);
}

void Measurer::add_rows(Table& features, std::size_t lesion, const std::string& arm,
                        const std::string& replicate, const std::string& perturbation, bool is_map,
                        std::span<const radiomics::FeatureValue> values) const {
  const std::string stratum = phantoms::stratum_name(plan_.scenario.patients, case_id_);
  const auto made = std::ranges::find(plan_.arms, arm, &Arm::name);
  const std::string site =
      made == plan_.arms.end() ? "" : plan_.scenario.arms.scanners[made->scanner].name;
  for (const radiomics::FeatureValue& f : values) {
    std::vector<Table::Cell> row{case_id_,
                                 patient_.scene.lesions[lesion].id,
                                 arm,
                                 replicate,
                                 std::string(f.info->id),
                                 std::string(f.info->ibsi_code),
                                 is_map ? in_mg_per_ml(f.info->unit) : std::string(f.info->unit),
                                 f.value,
                                 std::string(f.aggregation),
                                 std::string(f.reason)};
    if (!plan_.scenario.measure.perturbations.empty()) row.emplace_back(perturbation);
    if (!stratum.empty()) row.emplace_back(stratum);
    if (!plan_.sites.empty()) row.emplace_back(site);
    if (has_protocols(plan_.scenario.arms)) row.emplace_back(plan_.scenario.arms.protocol.name);
    features.add(std::move(row));
  }
}

radiomics::PerturbedMask Measurer::perturbed(std::size_t lesion,
                                             const radiomics::Perturbation& perturbation) const {
  const Scenario& scenario = plan_.scenario;
  // The arm is no part of it: all arms are measured with the same contour.
  return radiomics::perturb(
      masks_[lesion], scenario.measure.settings, perturbation,
      {std::uint64_t(scenario.trial.seed), str(case_id_, '/', patient_.scene.lesions[lesion].id)});
}

void Measurer::record_masks(Table& masks) const {
  if (plan_.scenario.measure.perturbations.empty()) return;
  masks.columns = {"case",
                   "lesion",
                   "replicate",
                   "perturbation",
                   "voxels",
                   "volume_mm3",
                   "volume_change_percent",
                   "dice",
                   "inclusion_fraction",
                   "partial_volume_fraction",
                   "reason"};
  const auto add = [&](const LesionTruth& lesion, const radiomics::PerturbedMask& made) {
    const radiomics::MaskChange change = radiomics::change_of(made);
    const double partial =
        change.voxels == 0
            ? not_measured
            : radiomics::partial_volume_fraction(
                  made.mask, phantoms::occupancy(patient_.scene, lesion, made.mask.grid()));
    masks.add({case_id_, lesion.id, visit_.name, made.perturbation.id, double(change.voxels),
               change.volume(), 100.0 * change.volume_change(), change.dice(),
               change.inclusion_fraction(), partial, std::string(made.no_shape)});
  };
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    add(patient_.scene.lesions[i], perturbed(i, {}));
    for (const radiomics::PerturbedMask& made : perturbed_[i]) add(patient_.scene.lesions[i], made);
  }
}

void Measurer::measure_object(Table& features, Table& profiles, const std::string& name) const {
  const double energy = plan_.scenario.measure.truth_energy;
  Image object(grid_, -1000.0f);
  for (const LesionTruth& lesion : patient_.scene.lesions) {
    const GridBox box = box_about(grid_, lesion.centre, reach_of(patient_.scene, lesion));
    paste(object_image(patient_.scene, box.grid, energy), box, object);
  }
  measure(features, object, name, "truth");
  record_profiles(profiles, object, name);
}

std::vector<FileRecord> Measurer::write_masks(Sink& sink, const Arm& arm) const {
  std::vector<FileRecord> files;
  const ImageContext about = context(arm, 0.0, visit_);
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const auto written = sink.mask(about, patient_.scene.lesions[i].id, masks_[i]);
    files.insert(files.end(), written.begin(), written.end());
  }
  return files;
}

evaluation::Assessment Measurer::assessment() const {
  evaluation::Assessment out;
  out.day = visit_.state.day;
  for (const LesionTruth& lesion : patient_.scene.lesions)
    out.lesions.push_back({.id = lesion.id,
                           .organ = lesion.organ,
                           .node = lesion.organ == "lymph_node",
                           .longest_axial = lesion.longest_axial_diameter,
                           .short_axis = lesion.short_axis});
  return out;
}

void Measurer::record_visit(Table& visit_lesions) const {
  for (const LesionTruth& lesion : patient_.scene.lesions)
    visit_lesions.add({case_id_, visit_.name, visit_.state.day, lesion.id, lesion.organ,
                       lesion.volume, lesion.longest_axial_diameter, lesion.short_axis});
}

void record_response(CaseResult& result, const std::vector<Visit>& visits,
                     const std::vector<evaluation::Assessment>& assessments) {
  result.visits.columns = {"case",     "replicate", "day",        "missed",   "sum_mm",
                           "nadir_mm", "target",    "new_lesion", "response", "irecist"};
  const auto responses = evaluation::recist(assessments);
  for (std::size_t v = 0; v < visits.size(); ++v) {
    const evaluation::VisitResponse& r = responses[v];
    const auto yes = [](bool it_is) { return std::string(it_is ? "yes" : "no"); };
    result.visits.add({result.id, visits[v].name, r.day, yes(visits[v].missed),
                       visits[v].missed ? not_measured : r.sum, r.nadir,
                       std::string(abbreviation(r.target)), yes(r.new_lesion),
                       std::string(abbreviation(r.overall)), r.immune});
  }
}

}  // namespace vitrine::trial::detail

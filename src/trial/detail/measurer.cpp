#include "vitrine/trial/detail/measurer.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/radiomics/extract.hpp"
#include "vitrine/recon/image_grid.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/content_keys.hpp"
#include "vitrine/trial/object.hpp"

namespace vitrine::trial::detail {
namespace {

/// The CTDIvol that a console shows: it knows nothing of its own tube's deviation.
double displayed(double ctdi_vol, const Scanner& scanner) {
  return scanner.deviations ? ctdi_vol / (1.0 + scanner.deviations->tube_output) : ctdi_vol;
}

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
  grid_ = image_grid(scenario.arms.protocol, image_centre(scenario.arms.protocol));
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

Visit::Aim Measurer::aim(std::span<const LesionTruth> lesions) const {
  Visit::Aim at = visit_.aim.value_or(Visit::Aim{});
  const Protocol& protocol = plan_.scenario.arms.protocol;
  if (!visit_.aim && !lesions.empty()) {
    const auto middle = [&](const Vec3& direction) {
      double low = 0.0, high = 0.0;
      for (const LesionTruth& lesion : lesions) {
        const double place = visit_.pose.apply(lesion.centre).dot(direction);
        low = &lesion == lesions.data() ? place : std::min(low, place);
        high = &lesion == lesions.data() ? place : std::max(high, place);
      }
      return 0.5 * (low + high);
    };
    const auto off_axis = [&](const Vec3& along) { return middle(along) - at.table * along.z(); };
    if (protocol.centre == "lesions") {
      at.table = middle(recon::table_direction(protocol.gantry_tilt));
      at.aside = off_axis(aside_direction(protocol));
    }
    for (const Vec3& along : directions_within_slices(protocol))
      at.within_slices += off_axis(along) * along;
  }
  at.table += visit_.table_offset;
  return at;
}

Vec3 Measurer::image_centre(const Protocol& protocol) const {
  const Vec3 middle = Vec3(0.0, 0.0, aim_.table) + aim_.aside * aside_direction(protocol);
  if (protocol.reconstruction_target == "isocentre") return middle;
  return middle + aim_.within_slices;
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

std::string_view unit_of(bool is_map) { return is_map ? "mg/ml" : Condition{}.unit; }

}  // namespace

Measured Measurer::measured(const Image& image, recon::VoxelUnit unit, Isa isa) const {
  const Measure& how = plan_.scenario.measure;
  const std::size_t lesions = masks_.size(), ways = how.preprocessing.size();
  const Measured::OfLesions none(lesions);
  Measured values{none, std::vector(ways, none), unit == recon::VoxelUnit::mg_per_ml};
  const radiomics::Settings settings = settings_of(how, values.is_map);
  parallel_for(std::ssize(masks_) * Index(1 + ways), [&](Index i) {
    const std::size_t lesion = std::size_t(i) % lesions, way = std::size_t(i) / lesions;
    if (way == 0)
      values.of[lesion] = radiomics::extract(image, masks_[lesion], settings, how.features);
    else
      values.after[way - 1][lesion] = radiomics::extract(
          image, masks_[lesion], settings, how.preprocessing[way - 1], how.features, isa);
  });
  return values;
}

void Measurer::record(Table& features, const Measured& values, const std::string& arm,
                      const std::string& replicate) const {
  Condition condition{.unit = unit_of(values.is_map)};
  for (std::size_t i = 0; i < masks_.size(); ++i)
    add_rows(features, i, arm, replicate, condition, values.of[i]);
  for (std::size_t p = 0; p < values.after.size(); ++p) {
    const radiomics::Preprocessing& how = plan_.scenario.measure.preprocessing[p];
    condition.preprocessing = how.name;
    condition.unit = how.unit().empty() ? unit_of(values.is_map) : how.unit();
    for (std::size_t i = 0; i < masks_.size(); ++i)
      add_rows(features, i, arm, replicate, condition, values.after[p][i]);
  }
}

void Measurer::measure(Table& features, const Image& image, const std::string& arm,
                       const std::string& replicate, recon::VoxelUnit unit, Isa isa) const {
  record(features, measured(image, unit, isa), arm, replicate);
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
             {.perturbation = how.perturbations[v % std::size_t(perturbations)].id,
              .unit = unit_of(is_map)},
             values[v]);
}

radiomics::PerturbedMask Measurer::perturbed(std::size_t lesion,
                                             const radiomics::Perturbation& perturbation) const {
  const Scenario& scenario = plan_.scenario;
  // The arm is no part of it: all arms are measured with the same contour.
  return radiomics::perturb(
      masks_[lesion], scenario.measure.settings, perturbation,
      {std::uint64_t(scenario.trial.seed), str(case_id_, '/', patient_.scene.lesions[lesion].id)});
}

double Measurer::preprocessed_margin() const {
  double most = 0.0;
  for (const radiomics::Preprocessing& how : plan_.scenario.measure.preprocessing)
    most = std::max(most, how.margin(grid_.spacing).maxCoeff());
  return most;
}

void Measurer::measure_object(Table& features, Table& profiles, const std::string& name,
                              Isa isa) const {
  const double energy = plan_.scenario.measure.truth_energy;
  Image object(grid_, -1000.0f);
  for (const LesionTruth& lesion : patient_.scene.lesions) {
    const double reach = reach_of(patient_.scene, lesion) + preprocessed_margin();
    const GridBox box = box_about(grid_, lesion.centre, reach);
    paste(object_image(patient_.scene, box.grid, energy), box, object);
  }
  measure(features, object, name, "truth", recon::VoxelUnit::hounsfield, isa);
  record_profiles(profiles, object, name);
}

std::vector<FileRecord> Measurer::write_masks(Sink& sink, const Arm& arm) const {
  std::vector<FileRecord> files;
  const ImageContext about = context(arm, 0.0, visit_);
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    if (std::ranges::find(masks_[i].values(), 1) == masks_[i].values().end()) continue;
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

}  // namespace vitrine::trial::detail

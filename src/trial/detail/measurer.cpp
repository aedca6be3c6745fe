#include "vitrine/trial/detail/measurer.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/radiomics/extract.hpp"

namespace vitrine::trial::detail {
namespace {

/// The part of `grid` within `reach` mm of a point along each axis.
struct Box {
  std::array<Index, 3> first{}, size{};
  Grid grid;
};

Box box_about(const Grid& grid, const Vec3& centre, double reach) {
  Box box;
  box.grid = grid;
  const Vec3 at = (grid.axes.transpose() * (centre - grid.origin)).cwiseQuotient(grid.spacing);
  for (int a = 0; a < 3; ++a) {
    const double half = reach / grid.spacing[a];
    const auto axis = std::size_t(a);
    const Index first = std::clamp(Index(std::floor(at[a] - half)), Index{0}, grid.size[axis] - 1);
    const Index last = std::clamp(Index(std::ceil(at[a] + half)), Index{0}, grid.size[axis] - 1);
    box.first[axis] = first;
    box.size[axis] = last - first + 1;
  }
  box.grid.size = box.size;
  box.grid.origin = grid.centre(box.first[0], box.first[1], box.first[2]);
  return box;
}

/// Copy the values of a box into a volume on the whole grid.
template <class Quantity>
void paste(const Volume<Quantity>& part, const Box& box, Volume<Quantity>& whole) {
  for (Index k = 0; k < box.size[2]; ++k)
    for (Index j = 0; j < box.size[1]; ++j)
      for (Index i = 0; i < box.size[0]; ++i)
        whole(box.first[0] + i, box.first[1] + j, box.first[2] + k) = part(i, j, k);
}

double reach_of(const LesionTruth& lesion) { return 0.5 * lesion.longest_axial_diameter + 8.0; }

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
  const Scenario& scenario = plan.scenario;
  patient_ = phantoms::build_patient(scenario.patients, std::uint64_t(scenario.trial.seed),
                                     case_id_, visit.state);
  patient_.scene = moved(std::move(patient_.scene), visit.pose);
  const auto& lesions = patient_.scene.lesions;
  if (scenario.arms.protocol.centre == "lesions" && !lesions.empty()) {
    const auto below = [](const LesionTruth& a, const LesionTruth& b) {
      return a.centre.z() < b.centre.z();
    };
    const auto [low, high] = std::minmax_element(lesions.begin(), lesions.end(), below);
    table_position_ = 0.5 * (low->centre.z() + high->centre.z());
  }
  table_position_ += visit.table_offset;
  grid_ = image_grid(scenario.arms.protocol, table_position_);
  for (std::size_t i = 0; i < lesions.size(); ++i) {
    const Box box = box_about(grid_, lesions[i].centre, reach_of(lesions[i]));
    masks_.emplace_back(grid_);
    paste(phantoms::lesion_mask(patient_.scene, i, box.grid), box, masks_.back());
  }
  if (!result.features.columns.empty()) return;
  result.patients.columns = {"case", "parameter", "value"};
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
                            "mask_volume_mm3"};
  result.features.columns = {"case",      "lesion", "arm",   "replicate",   "feature",
                             "ibsi_code", "unit",   "value", "aggregation", "reason"};
  result.profiles.columns = {"case", "lesion", "arm", "x_mm", "hu"};
  result.images.columns = {"case",          "arm",
                           "replicate",     "scanner",
                           "kernel",        "tube_voltage_kv",
                           "tube_load_mas", "slice_thickness_mm",
                           "ctdi_vol_mgy",  "photons_per_reading",
                           "noise_hu"};
}

ImageContext Measurer::context(const Arm& arm, double ctdi_vol) const {
  const auto& lesions = patient_.scene.lesions;
  return {case_id_,
          patient_.sex,
          arm,
          plan_.scenario.arms.scanners[arm.scanner],
          plan_.scenario.arms.protocol,
          visit_,
          ctdi_vol,
          lesions.empty() ? std::nullopt : std::optional(lesions.front().centre)};
}

void Measurer::record_truth(CaseResult& result) const {
  if (!patient_.sex.empty()) result.patients.add({case_id_, "sex", patient_.sex});
  for (const auto& [name, value] : patient_.parameters)
    result.patients.add({case_id_, name, value});
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const LesionTruth& t = patient_.scene.lesions[i];
    const auto values = masks_[i].values();
    const auto voxels = double(std::count(values.begin(), values.end(), std::uint8_t{1}));
    result.lesions.add({case_id_, t.id, t.organ, t.shape, t.volume, t.longest_axial_diameter,
                        t.short_axis, t.centre.x(), t.centre.y(), t.centre.z(),
                        t.density / units::g_per_cm3, voxels, voxels * grid_.voxel_volume()});
  }
}

void Measurer::record_image(Table& images, const Arm& arm, double ctdi_vol, double photons,
                            double noise) const {
  images.add({case_id_, arm.name, visit_.name, plan_.scenario.arms.scanners[arm.scanner].name,
              arm.kernel_name, arm.tube_voltage, arm.tube_load, arm.slice_thickness, ctdi_vol,
              photons, noise});
}

void Measurer::record_profiles(Table& profiles, const Image& image, const std::string& arm) const {
  for (const LesionTruth& lesion : patient_.scene.lesions) {
    const Box box = box_about(grid_, lesion.centre, reach_of(lesion));
    const Index j = box.first[1] + box.size[1] / 2;
    const Index k = box.first[2] + box.size[2] / 2;
    for (Index i = box.first[0]; i < box.first[0] + box.size[0]; ++i)
      profiles.add({case_id_, lesion.id, arm, grid_.centre(i, j, k).x(), double(image(i, j, k))});
  }
}

void Measurer::measure(Table& features, const Image& image, const std::string& arm,
                       const std::string& replicate) const {
  const Measure& how = plan_.scenario.measure;
  std::vector<std::vector<radiomics::FeatureValue>> values(masks_.size());
  parallel_for(std::ssize(masks_), [&](Index i) {
    const auto lesion = std::size_t(i);
    values[lesion] = radiomics::extract(image, masks_[lesion], how.settings, how.features);
  });
  for (std::size_t i = 0; i < masks_.size(); ++i)
    for (const radiomics::FeatureValue& f : values[i])
      features.add({case_id_, patient_.scene.lesions[i].id, arm, replicate, std::string(f.info->id),
                    std::string(f.info->ibsi_code), std::string(f.info->unit), f.value,
                    std::string(f.aggregation), std::string(f.reason)});
}

void Measurer::measure_object(Table& features, Table& profiles) const {
  const double energy = plan_.scenario.measure.truth_energy;
  std::vector<double> mu_over_rho;
  for (const Material& material : patient_.scene.materials)
    mu_over_rho.push_back(physics::mass_attenuation(material, energy));
  const auto linear = [&](const char* name) {
    const Material& m = material(name);
    return physics::mass_attenuation(m, energy) * m.density;
  };
  const double mu_water = linear("water"), mu_air = linear("air");
  Image object(grid_, -1000.0f);
  for (const LesionTruth& lesion : patient_.scene.lesions) {
    const Box box = box_about(grid_, lesion.centre, reach_of(lesion));
    paste(phantoms::object_image(patient_.scene, box.grid, mu_over_rho, mu_water, mu_air), box,
          object);
  }
  measure(features, object, "object", "truth");
  record_profiles(profiles, object, "object");
}

std::vector<FileRecord> Measurer::write_masks(Sink& sink, const Arm& arm) const {
  std::vector<FileRecord> files;
  const ImageContext about = context(arm, 0.0);
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const auto written = sink.mask(about, patient_.scene.lesions[i].id, masks_[i]);
    files.insert(files.end(), written.begin(), written.end());
  }
  return files;
}

}  // namespace vitrine::trial::detail

// What a patient's measurements look like in tables.
#include <algorithm>
#include <cmath>

#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/lesion_content.hpp"
#include "vitrine/phantoms/surface.hpp"
#include "vitrine/trial/algorithm_levels.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/measurer.hpp"

namespace vitrine::trial::detail {
namespace {

/// `wall 512.3 mm3 30 HU, cavity 11.5 mm3 -1000 HU`.
std::string parts_of(const LesionTruth& lesion) {
  std::string text;
  for (const LesionPart& part : lesion.parts)
    text += str(text.empty() ? "" : ", ", part.name, ' ',
                to_text(std::round(10.0 * part.volume) / 10.0), " mm3 ",
                to_text(std::round(part.attenuation)), " HU");
  return text;
}

/// The unit of a feature where intensities count something else: `(mg/ml)^2` for `HU^2`.
std::string with_unit(std::string_view of_feature, std::string_view of_intensity) {
  std::string text(of_feature);
  const bool alone = text == "HU" || of_intensity.find('/') == std::string_view::npos;
  if (const auto at = text.find("HU"); at != std::string::npos)
    text.replace(at, 2, alone ? std::string(of_intensity) : str('(', of_intensity, ')'));
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

}  // namespace

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
  if (phantoms::draws_heterogeneity(scenario.patients))
    result.lesions.columns.emplace_back("heterogeneity_hu");
  if (has_protocols(scenario.arms)) result.lesions.columns.emplace_back("protocol");
  result.features.columns = {"case",      "lesion", "arm",   "replicate",   "feature",
                             "ibsi_code", "unit",   "value", "aggregation", "reason"};
  if (!scenario.measure.perturbations.empty()) result.features.columns.emplace_back("perturbation");
  if (!scenario.measure.preprocessing.empty())
    result.features.columns.emplace_back("preprocessing");
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

void Measurer::record_patient(Table& patients) const {
  const std::string stratum = phantoms::stratum_name(plan_.scenario.patients, case_id_);
  const auto add = [&](const std::string& name, const Table::Cell& value) {
    std::vector<Table::Cell> row{case_id_, name, value};
    if (!stratum.empty()) row.emplace_back(stratum);
    patients.add(std::move(row));
  };
  if (!patient_.sex.empty()) add("sex", patient_.sex);
  for (const auto& [name, value] : patient_.parameters) add(name, value);
}

void Measurer::record_lesions(Table& lesions) const {
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    const LesionTruth& t = patient_.scene.lesions[i];
    const auto values = masks_[i].values();
    const auto voxels = double(std::count(values.begin(), values.end(), std::uint8_t{1}));
    std::vector<Table::Cell> row{case_id_,
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
                                 partial_volume_[i]};
    if (phantoms::draws_heterogeneity(plan_.scenario.patients))
      row.emplace_back(patient_.heterogeneity[i]);
    if (has_protocols(plan_.scenario.arms)) row.emplace_back(plan_.scenario.arms.protocol.name);
    lesions.add(std::move(row));
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

void Measurer::add_rows(Table& features, std::size_t lesion, const std::string& arm,
                        const std::string& replicate, const Condition& condition,
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
                                 with_unit(f.info->unit, condition.unit),
                                 f.value,
                                 std::string(f.aggregation),
                                 std::string(f.reason)};
    const Measure& how = plan_.scenario.measure;
    if (!how.perturbations.empty()) row.emplace_back(std::string(condition.perturbation));
    if (!how.preprocessing.empty()) row.emplace_back(std::string(condition.preprocessing));
    if (!stratum.empty()) row.emplace_back(stratum);
    if (!plan_.sites.empty()) row.emplace_back(site);
    if (has_protocols(plan_.scenario.arms)) row.emplace_back(plan_.scenario.arms.protocol.name);
    features.add(std::move(row));
  }
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
  const bool of_protocols = has_protocols(plan_.scenario.arms);
  if (of_protocols) masks.columns.emplace_back("protocol");
  const auto add = [&](const LesionTruth& lesion, const radiomics::PerturbedMask& made) {
    const radiomics::MaskChange change = radiomics::change_of(made);
    const double partial =
        change.voxels == 0
            ? not_measured
            : radiomics::partial_volume_fraction(
                  made.mask, phantoms::occupancy(patient_.scene, lesion, made.mask.grid()));
    std::vector<Table::Cell> row{case_id_,
                                 lesion.id,
                                 visit_.name,
                                 made.perturbation.id,
                                 double(change.voxels),
                                 change.volume(),
                                 100.0 * change.volume_change(),
                                 change.dice(),
                                 change.inclusion_fraction(),
                                 partial,
                                 std::string(made.no_shape)};
    if (of_protocols) row.emplace_back(plan_.scenario.arms.protocol.name);
    masks.add(std::move(row));
  };
  for (std::size_t i = 0; i < masks_.size(); ++i) {
    add(patient_.scene.lesions[i], perturbed(i, {}));
    for (const radiomics::PerturbedMask& made : perturbed_[i]) add(patient_.scene.lesions[i], made);
  }
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

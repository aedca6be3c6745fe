#include "vitrine/cli/series_header.hpp"

#include <cmath>

#include "vitrine/cli/image_name.hpp"
#include "vitrine/cli/spectral_dicom.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/trial/bin_levels.hpp"

namespace vitrine::cli {

std::string series_name(const trial::ImageContext& context) {
  return image_name(context.arm.name, context.visit.replicate());
}

std::string body_part_of(const Value& anatomy) {
  const Value* kind = anatomy.find("kind");
  const std::string& name = *(kind ? *kind : anatomy).as<std::string>();
  if (name == "thorax") return "CHEST";
  if (name == "abdomen") return "ABDOMEN";
  return name == "head" ? "HEAD" : "PHANTOM";
}

io::DicomSeries describe_series(const trial::Plan& plan, const trial::ImageContext& c) {
  const auto& scenario = plan.scenario;
  const std::string study =
      str(plan.fingerprint, '/', c.case_id, '/', c.scanner.name, '/', c.visit.name);
  io::DicomSeries d;
  d.patient.id = str(scenario.trial.name, '-', c.case_id);
  d.patient.name = "Vitrine^" + c.case_id;
  d.patient.sex = c.sex == "female" ? "F" : c.sex == "male" ? "M" : "O";
  d.trial.protocol_id = scenario.trial.name;
  d.trial.site_id = "virtual";  // of the patient, who has many scanners
  d.trial.subject_id = c.case_id;
  d.trial.time_point_id = c.visit.name;
  d.equipment.model = c.scanner.name;
  d.acquisition.protocol = c.protocol.name;
  const trial::Tube tube = trial::tube_of(c.protocol, c.arm);
  d.acquisition.tube_voltage_kv = tube.voltage;
  d.acquisition.exposure_mas =
      tube.load * turned_share(trial::scan_geometry(c.scanner, c.protocol, 0.0, 0.0));
  d.acquisition.ctdi_vol_mgy = c.ctdi_vol;
  d.acquisition.source_to_detector_mm = c.scanner.source_to_detector;
  d.acquisition.source_to_patient_mm = c.scanner.source_to_iso;
  const double row = c.scanner.row_pitch * c.scanner.source_to_iso / c.scanner.source_to_detector;
  d.acquisition.collimation_row_mm = row;
  d.acquisition.gantry_tilt_deg = c.protocol.gantry_tilt / units::deg;
  d.acquisition.collimation_total_mm = row * double(c.scanner.rows);
  if (c.protocol.mode == "helical") {
    d.acquisition.pitch = c.protocol.pitch;
    d.acquisition.table_feed_mm = c.protocol.pitch * *d.acquisition.collimation_total_mm;
  }
  d.acquisition.focal_spot_mm = c.scanner.focal_spot_width;
  d.reconstruction.kernel = c.arm.kernel_name;
  d.reconstruction.diameter_mm = c.protocol.field_of_view;
  d.reconstruction.slice_thickness_mm = c.arm.slice_thickness;
  if (c.contrast && c.contrast->time > 0.0) {
    const phantoms::ContrastRecord& bolus = *c.contrast;
    const double ml = std::round(10.0 * bolus.volume / units::ml) / 10.0;
    d.contrast = {bolus.agent, ml, bolus.rate / units::ml, bolus.concentration / units::mg_per_ml,
                  int(std::lround(bolus.time))};
  }
  if (c.contrast) d.patient.weight_kg = std::round(10.0 * c.contrast->weight / units::kg) / 10.0;
  d.study_uid = io::dicom_uid("study/" + study);
  d.series_uid = io::dicom_uid("series/" + study + '/' + c.arm.name +
                               (c.visit.noise.empty() ? "" : '/' + c.visit.noise));
  d.frame_of_reference_uid = io::dicom_uid("frame/" + study);
  d.study_id = c.case_id;
  d.study_description = "Synthetic patient of the virtual imaging trial " + scenario.trial.name;
  d.series_description = series_name(c);
  if (const auto spectral = trial::spectral_level(scenario.arms, c.arm.bins))
    describe_spectral(*spectral, d);
  d.body_part = body_part_of(scenario.patients.anatomy.canonical);
  d.comments = "Simulated image of a synthetic patient";
  return d;
}

}  // namespace vitrine::cli

#include "vitrine/cli/recon_output.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "vitrine/cli/recon_series.hpp"
#include "vitrine/cli/spectral_dicom.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/recon/orientation.hpp"

namespace vitrine::cli {
namespace {

void describe_trial(const RawScan& raw, io::DicomSeries& d) {
  const auto& origin = raw.origin;
  d.patient.id = str(origin.trial, '-', origin.case_id);
  d.patient.name = "Vitrine^" + origin.case_id;
  d.patient.sex = origin.sex == "female" ? "F" : origin.sex == "male" ? "M" : "O";
  d.trial.protocol_id = origin.trial;
  d.trial.site_id = "virtual";
  d.trial.subject_id = origin.case_id;
  d.trial.time_point_id = origin.visit;
  d.equipment.model = origin.scanner;
  d.acquisition.protocol = origin.protocol;
  d.acquisition.tube_voltage_kv = raw.beam.tube_voltage;
  d.acquisition.exposure_mas = raw.beam.tube_load * turned_share(raw.geometry);
  d.acquisition.ctdi_vol_mgy = raw.beam.ctdi_vol;
  d.acquisition.focal_spot_mm = raw.beam.focal_spot_width;
  d.study_description = "Synthetic patient of the virtual imaging trial " + origin.trial;
  d.body_part = origin.body_part;
  d.comments = "Simulated image of a synthetic patient";
}

/// Nothing is known of whom or what was scanned.
void describe_own(const RawScan& raw, io::DicomSeries& d) {
  d.synthetic = false;
  d.patient.id = d.patient.name = raw.origin.case_id;
  if (raw.beam.tube_voltage > 0.0) d.acquisition.tube_voltage_kv = raw.beam.tube_voltage;
  d.study_description = "Reconstruction of measured data";
}

}  // namespace

std::string text_of(const Mat3& axes) {
  std::string text;
  for (const double number : axes.reshaped()) text += to_text(number) + ' ';
  return text;
}

io::DicomSeries described(const ScanSource& source, const ReconOrder& order) {
  const RawScan& raw = source.scan();
  const auto& origin = raw.origin;
  const std::string study =
      str(origin.fingerprint, '/', origin.case_id, '/', origin.scanner, '/', origin.visit);
  io::DicomSeries d;
  source.simulated() ? describe_trial(raw, d) : describe_own(raw, d);
  d.acquisition.source_to_detector_mm = raw.geometry.source_to_detector;
  d.acquisition.source_to_patient_mm = raw.geometry.source_to_iso;
  d.acquisition.collimation_row_mm = raw.geometry.row_pitch_at_iso();
  d.acquisition.collimation_total_mm = raw.geometry.row_pitch_at_iso() * double(raw.geometry.rows);
  d.acquisition.gantry_tilt_deg = raw.geometry.tilt / units::deg;
  d.reconstruction.kernel = *order.kernel.canonical.find("kind")->as<std::string>();
  d.reconstruction.diameter_mm = order.box.field_of_view;
  d.reconstruction.slice_thickness_mm = order.thickness;
  d.study_uid = io::dicom_uid("study/" + study);
  d.frame_of_reference_uid = io::dicom_uid("frame/" + study);
  const RawScan::Box& box = order.box;
  d.series_uid = io::dicom_uid(str(
      "recon/", study, '/', order.name, '/', to_json(order.kernel.canonical), '/',
      to_text(order.thickness), '/', to_text(box.field_of_view), '/', box.matrix, '/', box.slices,
      '/', to_text(box.slice_increment), '/', to_text(box.centre.x()), '/', to_text(box.centre.y()),
      '/', to_text(box.centre.z()),
      order.denoise.reduction > 0.0 ? str('/', to_text(order.denoise.reduction)) : "",
      order.corrections.any() ? '/' + canonical(order.corrections) : "", canonical(order.algorithm),
      box.axes ? '/' + text_of(*box.axes) : "", order.bins == "total" ? "" : '/' + order.bins));
  if (const auto spectral = series_of(source, order.bins).spectral) describe_spectral(*spectral, d);
  d.study_id = origin.case_id;
  d.series_description = order.name;
  return d;
}

Value as_json(const ScanSource& source) {
  const RawScan& raw = source.scan();
  const ScanGeometry& g = raw.geometry;
  Value value;
  if (source.simulated())
    value.set("trial", Value(raw.origin.trial))
        .set("case", Value(raw.origin.case_id))
        .set("visit", Value(raw.origin.visit))
        .set("scanner", Value(raw.origin.scanner))
        .set("protocol", Value(raw.origin.protocol))
        .set("software", Value(raw.origin.software))
        .set("isa", Value(raw.origin.isa))
        .set("tube_voltage_kv", Value(raw.beam.tube_voltage))
        .set("tube_load_mas", Value(raw.beam.tube_load));
  Value::List thresholds, images;
  for (const double threshold : raw.counting.thresholds) thresholds.emplace_back(threshold);
  for (const RawScan::Made& image : raw.images)
    images.push_back(Value()
                         .set("name", Value(image.series))
                         .set("slice_thickness_mm", Value(image.slice_thickness))
                         .set("kernel", Value(image.kernel)));
  const char* quantity = raw.quantity == RawScan::Quantity::signal   ? "signal"
                         : raw.quantity == RawScan::Quantity::counts ? "counts"
                                                                     : "line_integral";
  return value.set("quantity", Value(quantity))
      .set("thresholds_kev", Value(std::move(thresholds)))
      .set("views", Value(double(g.views())))
      .set("columns", Value(double(g.columns)))
      .set("rows", Value(double(g.rows)))
      .set("views_per_rotation", Value(double(g.views_per_rotation)))
      .set("field_of_view_mm", Value(raw.box.field_of_view))
      .set("matrix", Value(double(raw.box.matrix)))
      .set("slices", Value(double(raw.box.slices)))
      .set("slice_increment_mm", Value(raw.box.slice_increment))
      .set("images", Value(std::move(images)));
}

void show(const ScanSource& source) {
  const RawScan& raw = source.scan();
  const ScanGeometry& g = raw.geometry;
  if (source.simulated()) {
    std::printf("trial      %s, %s, %s\n", raw.origin.trial.c_str(), raw.origin.case_id.c_str(),
                raw.origin.visit.c_str());
    std::printf("scanner    %s, protocol %s, %g kV, %g mAs per rotation\n",
                raw.origin.scanner.c_str(), raw.origin.protocol.c_str(), raw.beam.tube_voltage,
                raw.beam.tube_load);
  }
  std::string quantity = "line integrals";
  if (raw.quantity == RawScan::Quantity::signal) quantity = "signals";
  if (raw.quantity == RawScan::Quantity::counts)
    quantity = str("counts in ", raw.counting.thresholds.size(), " bins");
  std::printf("data       %s of %lld views x %lld columns x %lld rows", quantity.c_str(),
              static_cast<long long>(g.views()), static_cast<long long>(g.columns),
              static_cast<long long>(g.rows));
  if (source.simulated())
    std::printf(", made by %s at level %s", raw.origin.software.c_str(), raw.origin.isa.c_str());
  std::printf("\n");
  if (!source.simulated())
    std::printf(
        "geometry   %s detector, source to axis %g mm, to detector %g mm, every view sees "
        "%.1f mm about the axis\n",
        g.shape == DetectorShape::flat ? "flat" : "curved", g.source_to_iso, g.source_to_detector,
        g.field_of_view_radius());
  const auto [low, high] = std::minmax_element(g.table_positions.begin(), g.table_positions.end());
  std::printf("table      %g to %g mm, %lld views a rotation\n", *low, *high,
              static_cast<long long>(g.views_per_rotation));
  if (turned_share(g) < 1.0)
    std::printf(
        "arc        %g degrees, %lld views\n",
        std::round(3600.0 * double(views_per_turn(g) - 1) / double(g.views_per_rotation)) / 10.0,
        static_cast<long long>(views_per_turn(g)));
  if (!raw.counting.thresholds.empty()) {
    std::printf("thresholds");
    for (const double threshold : raw.counting.thresholds) std::printf(" %g", threshold);
    std::printf(" keV%s%s\n", raw.spectral.nodes > 0 ? ", parted into water and " : "",
                raw.spectral.nodes > 0 ? raw.spectral.material.c_str() : "");
  }
  std::printf("images     %g mm, %lld x %lld pixels, %lld %sslices every %g mm\n",
              raw.box.field_of_view, static_cast<long long>(raw.box.matrix),
              static_cast<long long>(raw.box.matrix), static_cast<long long>(raw.box.slices),
              raw.box.axes ? (recon::plane_of(*raw.box.axes) + ' ').c_str() : "",
              raw.box.slice_increment);
  for (const RawScan::Made& image : raw.images)
    std::printf("  %s: slices of %g mm, kernel %s\n", image.series.c_str(), image.slice_thickness,
                image.kernel.c_str());
}

}  // namespace vitrine::cli

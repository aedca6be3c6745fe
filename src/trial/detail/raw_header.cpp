#include "vitrine/trial/detail/raw_header.hpp"

#include <algorithm>

#include "vitrine/recon/water_table.hpp"

namespace vitrine::trial::detail {
namespace {

RawScan::Beam describe(const physics::Beam& beam, double tube_load) {
  RawScan::Beam out;
  out.tube_voltage = beam.kv();
  out.tube_load = tube_load;
  out.energies = beam.incident().energies;
  out.fluence = beam.incident().fluence;
  out.effective_energy = beam.effective_energy();
  out.mu_water = beam.mu_water();
  out.mu_air = beam.mu_air();
  out.half_value_layer = beam.half_value_layer();
  out.electronic_noise = beam.electronic_noise();
  out.focal_spot_width = beam.focal_spot_across().width();
  out.focal_spot_length = beam.focal_spot_along().width();
  for (Index column = 0; column < beam.columns(); ++column) {
    out.air_signal.push_back(beam.air_signal(column));
    out.air_quanta.push_back(beam.air_quanta(column));
    out.detected_energy.push_back(beam.mean_detected_energy(column));
  }
  return out;
}

}  // namespace

RawScan raw_header(const Plan& plan, const std::string& case_id, const Visit& visit,
                   std::span<const Arm* const> arms, const ScanGeometry& geometry,
                   const CalibratedBeam& calibrated, const Vec3& image_centre, Isa isa) {
  const Protocol& protocol = plan.scenario.arms.protocol;
  const Arm& first = *arms.front();
  const std::string suffix = visit.name == "scan" ? "" : '_' + visit.name;
  RawScan raw;
  raw.quantity = plan.scenario.outputs.raw == "signal" ? RawScan::Quantity::signal
                                                       : RawScan::Quantity::line_integral;
  raw.origin.trial = plan.scenario.trial.name;
  raw.origin.fingerprint = plan.fingerprint;
  raw.origin.case_id = case_id;
  raw.origin.visit = visit.name;
  raw.origin.scan = first.scan + suffix;
  raw.origin.scanner = plan.scenario.arms.scanners[first.scanner].name;
  raw.origin.protocol = protocol.name;
  raw.origin.isa = std::string(to_string(isa));
  raw.origin.seed = plan.scenario.trial.seed;
  raw.geometry = geometry;
  raw.beam = describe(calibrated.beam, first.tube_load);
  raw.water = recon::water_table(calibrated.of("total").water);
  if (calibrated.hardening) {
    const auto& table = calibrated.hardening->numbers();
    raw.hardening = {table.material,    table.attenuation,   table.most_line,
                     table.most_length, table.columns_apart, table.coefficients};
  }
  raw.truncation_extension = protocol.truncation_extension;
  raw.box = {protocol.field_of_view, protocol.slice_increment, image_centre, protocol.matrix,
             protocol.slices};
  if (const Mat3 axes = image_axes(protocol); axes != geometry.gantry_axes()) raw.box.axes = axes;
  for (const Arm* arm : arms)
    raw.images.push_back({arm->name + suffix, to_json(arm->kernel.canonical), arm->slice_thickness,
                          arm->denoise.reduction, arm->denoise.contrast,
                          arm->algorithm_name == "fbp" ? "" : to_json(arm->algorithm.canonical),
                          arm->corrected && protocol.corrections
                              ? to_json(recon::Corrections::schema().write(*protocol.corrections))
                              : ""});
  return raw;
}

}  // namespace vitrine::trial::detail

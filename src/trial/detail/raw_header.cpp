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

RawScan::Spectral basis_of(const Protocol& protocol) {
  RawScan::Spectral out;
  out.material = protocol.basis().material;
  out.vnc_energy = protocol.basis().vnc_energy;
  return out;
}

/// All that bins can be read as, each once.
std::vector<std::string> window_names(std::size_t bins) {
  std::vector<std::string> names{"total"};
  for (std::size_t b = 1; b <= bins && bins > 1; ++b) names.push_back(str("bin", b));
  for (std::size_t b = 2; b < bins; ++b) names.push_back(str("threshold", b));
  return names;
}

}  // namespace

RawScan raw_header(const Plan& plan, const std::string& case_id, const Visit& visit,
                   std::span<const Arm* const> arms, const ScanGeometry& geometry,
                   const CalibratedBeam& calibrated, const Series& series, const Vec3& image_centre,
                   Isa isa) {
  const Protocol& protocol = plan.scenario.arms.protocol;
  const Arm& first = *arms.front();
  const std::string suffix = visit.replicate() == Visit{}.name ? "" : '_' + visit.replicate();
  RawScan raw;
  raw.quantity = plan.scenario.outputs.raw == "signal" ? RawScan::Quantity::signal
                                                       : RawScan::Quantity::line_integral;
  raw.origin.trial = plan.scenario.trial.name;
  raw.origin.fingerprint = plan.fingerprint;
  raw.origin.case_id = case_id;
  raw.origin.visit = visit.replicate();
  raw.origin.scan = first.scan + suffix;
  raw.origin.scanner = plan.scenario.arms.scanners[first.scanner].name;
  raw.origin.protocol = protocol.name;
  raw.origin.isa = std::string(to_string(isa));
  raw.origin.seed = plan.scenario.trial.seed;
  raw.geometry = geometry;
  const Tube tube = tubes(protocol, first.tube_voltage,
                          first.tube_load)[&calibrated.of(series) == &calibrated.beam ? 0 : 1];
  raw.beam = describe(calibrated.of(series), tube.load);
  raw.beam.mu_water = series.mu_water;
  raw.beam.mu_air = series.mu_air;
  if (raw.quantity == RawScan::Quantity::line_integral) {
    if (series.bins != "total") raw.origin.scan += '_' + series.bins;
    if (series.spectral) raw.spectral = basis_of(protocol);
    if (!series.spectral && calibrated.beam.bins())
      raw.beam.effective_energy = calibrated.beam.reference(series.window).energy;
  }
  raw.water = recon::water_table(series.water);
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
                              : "",
                          arm->bins});
  return raw;
}

void add_counts(RawScan& raw, const CalibratedBeam& calibrated, const physics::AirCounts& air,
                const Protocol& protocol) {
  raw.quantity = RawScan::Quantity::counts;
  RawScan::Counting& counting = raw.counting;
  const auto& sensor = *calibrated.beam.detector().sensor;
  counting.thresholds = sensor.thresholds;
  counting.air.assign(air.per_mas().begin(), air.per_mas().end());
  counting.view_load.assign(air.loads().begin(), air.loads().end());
  if (const auto& loss = air.pile_up()) {
    counting.pile_up = loss->how.kind;
    counting.dead_time = loss->how.dead_time;
    counting.pile_up_correction = loss->how.correction;
    counting.rate_of_count = loss->rate_of_count;
  }
  for (const std::string& name : window_names(sensor.bins())) {
    const Series its = counted_series(calibrated.beam, name, protocol.water_correction);
    counting.windows.push_back({std::int64_t(its.window.first), std::int64_t(its.window.last),
                                calibrated.beam.reference(its.window).energy, its.mu_water,
                                its.mu_air, recon::water_table(its.water)});
  }
  if (!calibrated.decomposition) return;
  const recon::MaterialDecomposition::Numbers& table = calibrated.decomposition->numbers();
  raw.spectral = basis_of(protocol);
  raw.spectral.mu_water = table.mu_water;
  raw.spectral.mu_second = table.mu_second;
  raw.spectral.nodes = std::int64_t(table.nodes);
  raw.spectral.exponents = table.exponents;
  raw.spectral.weights = table.weights;
  raw.spectral.whitening = table.whitening;
  raw.spectral.water_per_log = table.water_per_log;
}

}  // namespace vitrine::trial::detail

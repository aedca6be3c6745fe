// From what a patient's rays bring to the readings of each read-out, and where raw data of them go.
#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "vitrine/physics/detect.hpp"
#include "vitrine/trial/detail/counted_block.hpp"
#include "vitrine/trial/detail/dual_block.hpp"
#include "vitrine/trial/detail/patient_scan.hpp"
#include "vitrine/trial/detail/raw_header.hpp"
#include "vitrine/trial/detail/scan_output.hpp"

namespace vitrine::trial::detail {

recon::RayNoise PatientScan::ray_noise(const Series& series, const Exposure& exposure) const {
  const physics::Beam& its = calibrated_.of(series);
  const double share = &its == &calibrated_.beam ? 1.0 : load_share();
  const double load =
      share * exposure.tube_load / double(geometry_.views_per_rotation);  // of a reading
  recon::RayNoise noise;
  noise.view_load = exposure.modulation;
  for (Index c = 0; c < geometry_.columns; ++c) {
    noise.air_quanta.push_back(
        load * (its.bins() ? its.bins()->air(c, series.window) : its.air_quanta(c)));
    noise.electronic.push_back(its.bins() ? 0.0
                                          : its.electronic_noise() / (load * its.air_signal(c)));
  }
  return noise;
}

std::unique_ptr<ScanOutput> PatientScan::plain_output(const Series& series,
                                                      const Exposure& exposure) const {
  auto output =
      std::make_unique<ScanOutput>(geometry_, series.water, scatter_ ? &*scatter_ : nullptr,
                                   scatter_ ? scanner_.scatter->correction : 0.0, isa_);
  if (measured_) output->measure(ray_noise(series, exposure));
  return output;
}

RawScan PatientScan::raw_scan(const ReadOut& what, const Exposure& exposure,
                              std::span<const Arm* const> arms, const Series& series) const {
  Visit visit = patient_.visit();
  visit.noise = what.noise;
  RawScan header = raw_header(plan_, case_id_, visit, arms, geometry_, calibrated_, series,
                              patient_.image_centre(plan_.scenario.arms.protocol), isa_);
  const ImageContext context =
      patient_.context(*what.made.front(), what.dose.ctdi_vol, patient_.visit());
  header.origin.sex = context.sex;
  header.beam.ctdi_vol = context.ctdi_vol;
  for (const double share : exposure.modulation)
    header.beam.view_tube_load.push_back(share * what.tube_load);
  return header;
}

std::unique_ptr<RawData> PatientScan::raw_counts(const ReadOut& what, const Exposure& exposure,
                                                 const physics::AirCounts& air) const {
  if (plan_.scenario.outputs.raw != "signal") return nullptr;
  const Protocol& protocol = plan_.scenario.arms.protocol;
  RawScan header = raw_scan(what, exposure, what.made,
                            counted_series(calibrated_.beam, "total", protocol.water_correction));
  add_counts(header, calibrated_, air, protocol);
  return around_.sink.raw(header);
}

std::unique_ptr<RawData> PatientScan::raw_series(const ReadOut& what, const Exposure& exposure,
                                                 const Series& series) const {
  std::vector<const Arm*> its;
  std::ranges::copy_if(what.made, std::back_inserter(its),
                       [&](const Arm* arm) { return arm->bins == series.bins; });
  return its.empty() ? nullptr : around_.sink.raw(raw_scan(what, exposure, its, series));
}

double PatientScan::load_share() const {
  const auto& dual = plan_.scenario.arms.protocol.dual_energy;
  return dual ? dual->load_share : 1.0;
}

std::shared_ptr<SharedReadings> PatientScan::counts(const Wanted& wanted,
                                                    physics::Counting counting,
                                                    const Exposure& exposure) const {
  auto counts = std::make_shared<CountedBlocks>(
      std::move(counting), geometry_,
      calibrated_.decomposition ? &*calibrated_.decomposition : nullptr, isa_);
  // The counts are the same each time that they are drawn.
  if (wanted.what && wanted.first == 0)
    counts->keep(raw_counts(*wanted.what, exposure, counts->air()));
  return counts;
}

std::shared_ptr<SharedReadings> PatientScan::both_scans(const Wanted& wanted,
                                                        const Exposure& exposure) const {
  const Protocol& protocol = plan_.scenario.arms.protocol;
  const std::vector<Tube> both = tubes(protocol, calibrated_.beam.kv(), exposure.tube_load);
  std::array<std::optional<physics::Acquisition>, 2> acquisitions;
  for (std::size_t s = 0; s < 2; ++s) {
    const physics::Beam& its = s == 0 ? calibrated_.beam : *calibrated_.other;
    if (!wanted.what && !physics::changes_mean(its.detector())) continue;
    physics::Conditions conditions{
        .hardware = hardware_, .modulation = {}, .noiseless = !wanted.what};
    Stream noise;
    if (wanted.what) {
      conditions.modulation =
          view_loads(scanner_, protocol, both[s].voltage, both[s].load, attenuation_, geometry_);
      noise = noise_of(*wanted.what, s == 0 ? "" : "|second scan");
    }
    acquisitions[s].emplace(geometry_, its, both[s].load, noise, isa_, std::move(conditions));
  }
  std::vector<double> loads(std::size_t(geometry_.views()),
                            exposure.tube_load / double(geometry_.views_per_rotation));
  for (std::size_t v = 0; v < exposure.modulation.size(); ++v) loads[v] *= exposure.modulation[v];
  return std::make_shared<DualBlocks>(
      std::move(acquisitions), geometry_,
      calibrated_.decomposition ? &*calibrated_.decomposition : nullptr, std::move(loads),
      wanted.what ? recon::Readings::drawn : recon::Readings::expected, isa_);
}

std::vector<std::unique_ptr<ScanOutput>> PatientScan::shared(
    const Wanted& wanted, const std::shared_ptr<SharedReadings>& readings,
    const Exposure& exposure) const {
  std::vector<std::unique_ptr<ScanOutput>> outputs;
  for (std::size_t i = wanted.first; i < wanted.last; ++i) {
    const Series& series = calibrated_.of(series_[i]);
    outputs.push_back(plain_output(series, exposure));
    outputs.back()->share(readings, series);
    if (wanted.what && plan_.scenario.outputs.raw == "line_integrals")
      outputs.back()->keep(raw_series(*wanted.what, exposure, series),
                           RawScan::Quantity::line_integral);
  }
  return outputs;
}

Stream PatientScan::noise_of(const ReadOut& what, const char* which) const {
  const std::string again = what.noise.empty() ? "" : '|' + what.noise;
  return make_stream(std::uint64_t(plan_.scenario.trial.seed),
                     str(noise_key_, '|', to_text(what.tube_load), which, again), Draw::quantum);
}

std::vector<std::unique_ptr<ScanOutput>> PatientScan::outputs_of(const Wanted& wanted) const {
  around_.ledger.make(Stage::read_out);
  for (std::size_t i = wanted.first; i < wanted.last; ++i) around_.ledger.make(Stage::rebin);
  const physics::Beam& beam = calibrated_.beam;
  // Without noise a full scale and pile-up need a load: that of the protocol.
  Exposure exposure{plan_.scenario.arms.protocol.tube_load, {}};
  Stream noise;
  if (wanted.what) {
    exposure.tube_load = wanted.what->tube_load;
    exposure.modulation = view_loads(scanner_, plan_.scenario.arms.protocol, beam.kv(),
                                     exposure.tube_load, attenuation_, geometry_);
    noise = noise_of(*wanted.what);
  }
  physics::Conditions conditions{
      .hardware = hardware_, .modulation = exposure.modulation, .noiseless = !wanted.what};
  if (beam.bins())
    return shared(
        wanted,
        counts(wanted, {geometry_, beam, exposure.tube_load, noise, isa_, std::move(conditions)},
               exposure),
        exposure);
  if (calibrated_.other) return shared(wanted, both_scans(wanted, exposure), exposure);
  const Series& series = calibrated_.series.front();
  auto output = plain_output(series, exposure);
  if (wanted.what || physics::changes_mean(beam.detector()))
    output->add_noise({geometry_, beam, exposure.tube_load, noise, isa_, std::move(conditions)});
  const std::string raw = plan_.scenario.outputs.raw.value_or("none");
  if (wanted.what && raw != "none")
    output->keep(raw_series(*wanted.what, exposure, series),
                 raw == "signal" ? RawScan::Quantity::signal : RawScan::Quantity::line_integral);
  std::vector<std::unique_ptr<ScanOutput>> outputs;
  outputs.push_back(std::move(output));
  return outputs;
}

std::vector<const ReadOut*> PatientScan::outputs_wanted() const {
  std::vector<const ReadOut*> wanted;
  if (has_noiseless_) wanted.push_back(nullptr);
  for (const ReadOut& what : read_outs_) wanted.push_back(&what);
  return wanted;
}

std::size_t PatientScan::place_of(const ReadOut* what, std::size_t series) const {
  const std::size_t before =
      what ? std::size_t(what - read_outs_.data()) + std::size_t(has_noiseless_) : 0;
  return before * series_.size() + series;
}

void PatientScan::open_outputs() {
  for (const ReadOut* what : outputs_wanted())
    std::ranges::move(outputs_of({what, 0, series_.size()}), std::back_inserter(outputs_));
  streamed_ = true;
}

std::unique_ptr<ScanOutput> PatientScan::take_output(const ReadOut* what, std::size_t series) {
  if (streamed_) {
    return std::move(outputs_[place_of(what, series)]);
  }
  if (of_ != what) outputs_.clear();
  of_ = what;
  outputs_.resize(series_.size());
  if (!outputs_[series]) {
    const Wanted wanted{what, series, std::min(series + size().series_at_once(), series_.size())};
    std::ranges::move(outputs_of(wanted), outputs_.begin() + std::ptrdiff_t(series));
    const auto take = [&](const TracedBlock& block) {
      for (std::size_t i = wanted.first; i < wanted.last; ++i) outputs_[i]->take(block);
    };
    for (const Block& block : blocks_)
      take({block.first, block.count, block.signal.span(), block.quanta.span(),
            block.higher.span()});
  }
  return std::move(outputs_[series]);
}

}  // namespace vitrine::trial::detail

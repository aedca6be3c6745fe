#include "vitrine/trial/detail/patient_scan.hpp"

#include <algorithm>
#include <utility>

#include "vitrine/recon/calibration.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/reformat.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/content_keys.hpp"
#include "vitrine/trial/detail/scan_output.hpp"

namespace vitrine::trial::detail {

PatientScan::PatientScan(const Plan& plan, const std::string& case_id, const Measurer& patient,
                         const CalibratedBeam& calibrated, std::size_t scanner, double motion,
                         std::vector<const Arm*> noiseless, std::vector<ReadOut> read_outs,
                         const ScanSurroundings& surroundings)
    : plan_(plan),
      case_id_(case_id),
      patient_(patient),
      calibrated_(calibrated),
      read_outs_(std::move(read_outs)),
      around_(surroundings),
      isa_(surroundings.isa),
      scanner_(plan.scenario.arms.scanners[scanner]),
      motion_(motion),
      chance_(make_stream(std::uint64_t(plan.scenario.trial.seed),
                          str(case_id, '|', patient.visit().name, '|', scanner_.name, '|',
                              to_text(calibrated.beam.kv())),
                          Draw::motion)),
      geometry_(scan_geometry(scanner_, plan.scenario.arms.protocol, patient.table_position(),
                              patient.visit().start_angle)),
      hardware_(make_stream(std::uint64_t(plan.scenario.trial.seed),
                            str(scanner_.name, '|', to_text(calibrated.beam.kv())),
                            Draw::detector)),
      measured_(std::ranges::any_of(
          plan.arms, [](const Arm& arm) { return arm.algorithm->wants_measured(); })),
      noise_key_(noise_key(plan, case_id, patient.visit(), scanner_, calibrated.beam.kv(), motion)),
      trace_key_(
          trace_key(plan, {patient.key(), patient.scene().materials, scanner, calibrated.beam.kv(),
                           geometry_, motion, chance_, surroundings.isa})),
      known_key_(known_key(trace_key_, calibrated.beam.kv())),
      noiseless_(std::move(noiseless)),
      has_noiseless_(!noiseless_.empty()) {
  for (const Series& each : calibrated.series) {
    // A scan that is repeated makes the images of one arm alone.
    const bool wanted =
        has_noiseless_ || std::ranges::any_of(read_outs_, [&](const ReadOut& read_out) {
          return std::ranges::any_of(read_out.made,
                                     [&](const Arm* arm) { return arm->bins == each.bins; });
        });
    if (wanted) series_.push_back(each.bins);
  }
  VITRINE_EXPECT(!series_.empty());
  load_images();
  load_lines();
  if (lines_.empty()) prepare();
}

PatientScan::~PatientScan() = default;

ScanSize PatientScan::size() const {
  return {read_outs_.size() + std::size_t(has_noiseless_), series_.size(),
          known_of_rays(plan_.scenario.arms, scanner_),
          double(geometry_.views()) * double(geometry_.columns * geometry_.rows) * sizeof(float)};
}

std::pair<ImageData, std::vector<FileRecord>> PatientScan::finish(const ReadOut* what,
                                                                  const std::string& bins) {
  const auto number = std::size_t(std::ranges::find(series_, bins) - series_.begin());
  const std::unique_ptr<ScanOutput> output =
      lines_.empty() ? take_output(what, number) : std::unique_ptr<ScanOutput>();
  std::vector<FileRecord> files;
  if (output) files = output->files();
  recon::Rebinned data = output ? output->data() : std::move(lines_[place_of(what, number)]);
  if (output) keep_lines(what, bins, data);
  data.extend_truncated(plan_.scenario.arms.protocol.truncation_extension);
  bool plain = false, corrected = false;  // that images of any of these are made of
  for (const ReadOut& each : read_outs_)
    for (const Arm* arm : each.made)
      if ((!what || what == &each) && arm->bins == bins)
        (arm->corrected ? corrected : plain) = true;
  const Series& series = calibrated_.of(bins);
  ImageData ready(std::move(data), plan_.scenario.arms.protocol.corrections, plain, corrected,
                  {series.mu_water, series.mu_air},
                  calibrated_.hardening ? &*calibrated_.hardening : nullptr, isa_);
  if (output) ready.keep(output->measured());
  return {std::move(ready), std::move(files)};
}

ImageData PatientScan::noiseless(const std::string& bins) {
  VITRINE_EXPECT(has_noiseless_);
  return finish(nullptr, bins).first;
}

std::pair<ImageData, std::vector<FileRecord>> PatientScan::read_out(std::size_t number,
                                                                    const std::string& bins) {
  return finish(&read_outs_[number], bins);
}

double PatientScan::photons(const Arm& arm) const {
  const Index middle = beam().columns() / 2;
  const Series& series = calibrated_.of(arm.bins);
  const auto of_reading = [&](double per_mas, double load) {
    return per_mas * load / double(geometry_.views_per_rotation);
  };
  if (beam().bins()) return of_reading(beam().bins()->air(middle, series.window), arm.tube_load);
  const double first = of_reading(beam().air_quanta(middle), arm.tube_load);
  if (!calibrated_.other) return first;
  const double second =
      of_reading(calibrated_.other->air_quanta(middle), arm.tube_load * load_share());
  if (series.spectral) return first + second;
  return series.window.first == 0 ? first : second;
}

Image PatientScan::reconstruct(ImageData& data, const Arm& arm) const {
  around_.ledger.make(Stage::reconstruct);
  const Series& series = calibrated_.of(arm.bins);
  const recon::HounsfieldScale scale{series.mu_water, series.mu_air};
  const Deviations off = scanner_.deviations.value_or(Deviations{});
  const recon::StretchedKernel stretched(*arm.kernel, 1.0 + off.kernel_frequency);
  const recon::Kernel& kernel = off.kernel_frequency == 0.0 ? *arm.kernel : stretched;
  Image image = recon::reformatted(
      geometry_, grid_of(arm), (1.0 + off.slice_thickness) * arm.slice_thickness,
      [&](const recon::SliceStack& slices) {
        return data.of(arm).reconstruct(*arm.algorithm, data.measured(arm, isa_),
                                        {kernel, slices.grid, slices.thickness, scale}, isa_);
      });
  if (voxel_unit(plan_.scenario.arms, arm.bins) == recon::VoxelUnit::hounsfield)
    recon::miscalibrate(image, off.calibration_scale, off.calibration_offset);
  return image;
}

Grid PatientScan::grid_of(const Arm& arm) const {
  const Protocol& protocol = protocol_of(plan_.scenario.arms, arm);
  return image_grid(protocol, patient_.image_centre(protocol));
}

std::string PatientScan::read_out_key(const ReadOut* what) const {
  // Without noise a load matters to full scales, pile-up, two scans, and weights of a fit alone.
  const bool matters =
      measured_ || calibrated_.other || beam().bins() || physics::changes_mean(beam().detector());
  const double load = what      ? what->tube_load
                      : matters ? plan_.scenario.arms.protocol.tube_load
                                : 0.0;
  return detail::read_out_key(known_key_, noise_key_, load,
                              what ? std::optional(noise_of(*what).key) : std::nullopt);
}

std::string PatientScan::lines_key(const ReadOut* what, const std::string& bins) const {
  return rebin_key(read_out_key(what), plan_.scenario.arms.protocol, bins);
}

std::string PatientScan::image_key_of(const ReadOut* what, const Arm& arm) const {
  const Arms& arms = plan_.scenario.arms;
  return image_key(lines_key(what, arm.bins), grid_of(arm), protocol_of(arms, arm), arm);
}

void PatientScan::want(const ReadOut* what, const Arm& arm) const {
  StageLedger& ledger = around_.ledger;
  const Scenario& s = plan_.scenario;
  const std::string image = image_key_of(what, arm);
  ledger.want(Stage::scene, patient_.key());
  ledger.want(Stage::trace, trace_key_);
  ledger.want(Stage::read_out, read_out_key(what));
  ledger.want(Stage::rebin, lines_key(what, arm.bins));
  ledger.want(Stage::reconstruct, image);
  ledger.want(Stage::measure, measure_key(image, s.measure, arm, what != nullptr));
}

}  // namespace vitrine::trial::detail

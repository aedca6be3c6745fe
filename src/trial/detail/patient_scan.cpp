#include "vitrine/trial/detail/patient_scan.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "vitrine/core/hash.hpp"
#include "vitrine/phantoms/crop.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/version.hpp"
#include "vitrine/recon/calibration.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/reformat.hpp"
#include "vitrine/trial/bin_levels.hpp"
#include "vitrine/trial/detail/dual_block.hpp"
#include "vitrine/trial/detail/raw_header.hpp"
#include "vitrine/trial/detail/scan_output.hpp"
#include "vitrine/trial/scan_check.hpp"

namespace vitrine::trial::detail {
namespace {

/// The scan's content: everything that its raw data depend on but the dose.
std::string scan_key(const Plan& plan, const std::string& case_id, const Visit& visit,
                     Scanner scanner, double voltage, double motion) {
  if (active_scatter(scanner) == nullptr) scanner.scatter.reset();
  const Scenario& s = plan.scenario;
  const phantoms::Cohort cohort = phantoms::own_cohort(s.patients, case_id);
  Sha256 hash;
  hash.add(str("scan/", physics::model_version))
      .add(to_json(phantoms::Cohort::schema().write(cohort)))
      .add(case_id);
  hash.add(visit.name).add(to_json(Scanner::schema().write(scanner))).add(to_text(voltage));
  hash.add(to_json(Repeat::schema().write(s.arms.repeat)));
  const Protocol& p = s.arms.protocol;
  hash.add(str(p.centre, ' ', to_text(p.coverage()), ' ', to_text(p.full_coverage_radius)));
  hash.add(to_json(Simulation::schema().write(s.simulation)));
  if (p.mode == "helical") hash.add(str("helical ", to_text(p.pitch)));
  if (p.scan_arc != Protocol{}.scan_arc) hash.add("scan arc ").add(to_text(p.scan_arc));
  if (p.gantry_tilt != 0.0) hash.add("gantry tilt ").add(to_text(p.gantry_tilt));
  if (p.flying_focal_spot != "none") hash.add("flying focal spot ").add(p.flying_focal_spot);
  if (const auto& injection = visit.state.injection)
    hash.add(to_json(phantoms::Injection::schema().write(*injection)));
  if (p.tube_current_modulation)
    hash.add("tube current ")
        .add(to_json(physics::TubeCurrentModulation::schema().write(*p.tube_current_modulation)));
  if (scanner.detector.sensor && scanner.detector.sensor->pile_up)
    hash.add(str("pile-up ", to_text(p.rotation_time)));
  if (scanner.detector.lag)
    hash.add(str("lag ", to_text(p.rotation_time), ' ', to_text(p.table_time)));
  if (p.dual_energy)
    hash.add(str("dual energy ", to_text(p.dual_energy->tube_voltage), ' ',
                 to_text(p.dual_energy->load_share)));
  if (motion > 0.0) {
    hash.add(
        str("motion ", to_text(motion), ' ', to_text(p.rotation_time), ' ', to_text(p.table_time)));
    for (const auto& each : p.motion) hash.add(to_json(each.canonical));
  }
  return hash.finish().hex();
}

/// If any ray met something: a ray that meets nothing has signal exactly 1.
bool meets(std::span<const float> signal) {
  return std::ranges::any_of(signal, [](float s) { return s != 1.0f; });
}

}  // namespace

PatientScan::PatientScan(const Plan& plan, const std::string& case_id, const Measurer& patient,
                         const CalibratedBeam& calibrated, std::size_t scanner, double motion,
                         bool noiseless, std::vector<ReadOut> read_outs, Sink& sink, Isa isa)
    : plan_(plan),
      case_id_(case_id),
      patient_(patient),
      calibrated_(calibrated),
      read_outs_(std::move(read_outs)),
      sink_(sink),
      isa_(isa),
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
      key_(scan_key(plan, case_id, patient.visit(), scanner_, calibrated.beam.kv(), motion)),
      has_noiseless_(noiseless) {
  for (const Series& each : calibrated.series) {
    // A scan that is repeated makes the images of one arm alone.
    const bool wanted = noiseless || std::ranges::any_of(read_outs_, [&](const ReadOut& read_out) {
                          return std::ranges::any_of(read_out.made, [&](const Arm* arm) {
                            return arm->bins == each.bins;
                          });
                        });
    if (wanted) series_.push_back(each.bins);
  }
  VITRINE_EXPECT(!series_.empty());
  prepare();
}

PatientScan::~PatientScan() = default;

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
  RawScan header = raw_header(plan_, case_id_, patient_.visit(), arms, geometry_, calibrated_,
                              series, patient_.image_centre(), isa_);
  const ImageContext context = patient_.context(*what.made.front(), what.dose.ctdi_vol);
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
  return sink_.raw(header);
}

std::unique_ptr<RawData> PatientScan::raw_series(const ReadOut& what, const Exposure& exposure,
                                                 const Series& series) const {
  std::vector<const Arm*> its;
  std::ranges::copy_if(what.made, std::back_inserter(its),
                       [&](const Arm* arm) { return arm->bins == series.bins; });
  return its.empty() ? nullptr : sink_.raw(raw_scan(what, exposure, its, series));
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
  const auto seed = std::uint64_t(plan_.scenario.trial.seed);
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
      noise = make_stream(seed,
                          str(key_, '|', to_text(exposure.tube_load), s == 0 ? "" : "|second scan"),
                          Draw::quantum);
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

std::vector<std::unique_ptr<ScanOutput>> PatientScan::outputs_of(const Wanted& wanted) const {
  const physics::Beam& beam = calibrated_.beam;
  // Without noise a full scale and pile-up need a load: that of the protocol.
  Exposure exposure{plan_.scenario.arms.protocol.tube_load, {}};
  Stream noise;
  if (wanted.what) {
    exposure.tube_load = wanted.what->tube_load;
    exposure.modulation = view_loads(scanner_, plan_.scenario.arms.protocol, beam.kv(),
                                     exposure.tube_load, attenuation_, geometry_);
    noise = make_stream(std::uint64_t(plan_.scenario.trial.seed),
                        str(key_, '|', to_text(exposure.tube_load)), Draw::quantum);
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

Scene PatientScan::met(const Scene& scene, double margin) const {
  const double table = patient_.table_position(), near = scan_reach(geometry_, table) + margin;
  return phantoms::cropped(scene, table - near, table + near);
}

physics::Sampling PatientScan::sampling() const {
  const Simulation& simulation = plan_.scenario.simulation;
  return {int(simulation.sub_columns), int(simulation.sub_rows), int(simulation.sub_views)};
}

/// All that is known before the first ray.
void PatientScan::prepare() {
  const Scenario& scenario = plan_.scenario;
  const bool moves = motion_ > 0.0;
  const bool follows = scenario.arms.protocol.tube_current_modulation.has_value();
  if (follows || !moves) resting_ = met(patient_.scene());
  if (follows)
    attenuation_ = physics::view_attenuation(resting_, geometry_, calibrated_.beam, isa_);
  if (active_scatter(scanner_) == nullptr) return;
  // Of a patient who moves: as they lie when the scan begins.
  const Scene around =
      met(moves ? patient_.scene_at(0.0, motion_, chance_) : patient_.scene(), scatter_margin);
  scatter_.emplace(patient_scatter(
      around, geometry_, scanner_, calibrated_,
      make_stream(std::uint64_t(scenario.trial.seed), key_, Draw::transport), isa_));
}

ScanSize PatientScan::size() const {
  return {read_outs_.size() + std::size_t(has_noiseless_), series_.size(),
          known_of_rays(plan_.scenario.arms, scanner_),
          double(geometry_.views()) * double(geometry_.columns * geometry_.rows) * sizeof(float)};
}

void PatientScan::open_outputs() {
  const auto add = [&](const ReadOut* what) {
    std::ranges::move(outputs_of({what, 0, series_.size()}), std::back_inserter(outputs_));
  };
  if (has_noiseless_) add(nullptr);
  for (const ReadOut& what : read_outs_) add(&what);
  streamed_ = true;
}

std::unique_ptr<physics::Projector> PatientScan::projector(const physics::Beam& beam) const {
  const Protocol& protocol = plan_.scenario.arms.protocol;
  if (motion_ == 0.0)
    return std::make_unique<physics::Projector>(resting_, geometry_, beam, sampling(), isa_);
  const double views = plan_.scenario.simulation.motion_step / protocol.rotation_time *
                       double(geometry_.views_per_rotation);
  return std::make_unique<physics::Projector>(
      [this](double time) { return met(patient_.scene_at(time, motion_, chance_)); },
      std::max<Index>(1, Index(std::round(views))), geometry_, beam, sampling(), isa_);
}

void PatientScan::trace() {
  bool something = false;
  PatientScan* const self = this;
  if (size().streams()) open_outputs();
  if (calibrated_.other) {
    something = trace_both();
  } else if (streamed_ || beam().bins()) {
    something = trace_blocks(*projector(beam()), {&self, 1});
  } else {
    held_.emplace(physics::Exposure{Sinogram<quantity::Signal>(geometry_),
                                    Sinogram<quantity::Quanta>(geometry_)});
    projector(beam())->project(0, geometry_.views(), held_->signal.values(),
                               held_->quanta.values());
    something = meets(held_->signal.values());
    if (scatter_)
      scatter_->add(0, geometry_.views(), held_->signal.values(), held_->quanta.values());
  }
  resting_ = {};
  require_met(something, geometry_, patient_.scene());
}

bool PatientScan::trace_both() {
  const physics::Beam &first = calibrated_.beam, &second = *calibrated_.other;
  const bool at_once = motion_ == 0.0 && first.shares_rays_with(second);
  const std::array both{&first, &second};
  const auto one =
      at_once ? std::make_unique<physics::Projector>(resting_, geometry_, both, sampling(), isa_)
              : projector(first);
  const auto other = at_once ? nullptr : projector(second);
  const Index block = one->block();
  const std::size_t cells = std::size_t(geometry_.columns * geometry_.rows);
  Buffer<float> rays(4 * std::size_t(block) * cells);
  bool something = false;
  for (Index start = 0; start < geometry_.views(); start += block) {
    const Index count = std::min(block, geometry_.views() - start);
    const std::size_t size = std::size_t(count) * cells;
    const auto part = [&](std::size_t n) { return rays.span().subspan(n * size, size); };
    const auto of_second = rays.span().subspan(2 * size, 2 * size);
    one->project(start, count, part(0), part(1), at_once ? of_second : std::span<float>{});
    if (other) other->project(start, count, part(2), part(3));
    something = something || meets(part(0));
    const TracedBlock traced{start, count, part(0), part(1), of_second};
    for (auto& output : outputs_) output->take(traced);
    if (!streamed_) keep(traced);
  }
  return something;
}

void PatientScan::trace_together(std::span<const std::unique_ptr<PatientScan>> scans) {
  std::vector<PatientScan*> all;
  std::vector<const physics::Beam*> beams;
  for (const auto& scan : scans) {
    VITRINE_EXPECT(scan->motion_ == 0.0 && &scan->scanner_ == &scans.front()->scanner_);
    scan->open_outputs();
    all.push_back(scan.get());
    beams.push_back(&scan->beam());
  }
  PatientScan& one = *all.front();
  physics::Projector projector(one.resting_, one.geometry_, beams, one.sampling(), one.isa_);
  const bool something = trace_blocks(projector, all);
  for (PatientScan* scan : all) scan->resting_ = {};
  require_met(something, one.geometry_, one.patient_.scene());
}

void PatientScan::keep(const TracedBlock& block) {
  const auto kept = [](std::span<const float> values) {
    Buffer<float> copy(values.size());
    std::ranges::copy(values, copy.data());
    return copy;
  };
  blocks_.push_back(
      {block.first, block.count, kept(block.signal), kept(block.quanta), kept(block.higher)});
}

bool PatientScan::trace_blocks(physics::Projector& projector, std::span<PatientScan* const> scans) {
  const PatientScan& one = *scans.front();
  const ScanGeometry& geometry = one.geometry_;
  const Index block = projector.block();
  const auto cells = std::size_t(geometry.columns * geometry.rows);
  const physics::CountingBins* counted = one.beam().bins();
  const std::size_t bins = counted ? counted->bins() - 1 : 0;
  const std::size_t higher = bins + 2 * (scans.size() - 1);
  const std::size_t most = std::size_t(block) * cells;
  Buffer<float> signal(most), quanta(most), further(higher * most);
  bool something = false;
  for (Index first = 0; first < geometry.views(); first += block) {
    const Index count = std::min(block, geometry.views() - first);
    const std::size_t size = std::size_t(count) * cells;
    projector.project(first, count, signal.span().first(size), quanta.span().first(size),
                      further.span().first(higher * size));
    something = something || meets(signal.span().first(size));
    for (std::size_t s = 0; s < scans.size(); ++s) {
      const auto of_this = [&](Buffer<float>& firsts, std::size_t output) {
        return s == 0 ? firsts.span().first(size)
                      : further.span().subspan((2 * (s - 1) + output) * size, size);
      };
      const std::span<float> its_signal = of_this(signal, 0), its_quanta = of_this(quanta, 1);
      PatientScan& scan = *scans[s];
      if (scan.scatter_) scan.scatter_->add(first, count, its_signal, its_quanta);
      const TracedBlock traced{first, count, its_signal, its_quanta,
                               std::as_const(further).span().first(bins * size)};
      for (auto& output : scan.outputs_) output->take(traced);
      if (scan.outputs_.empty()) scan.keep(traced);
    }
  }
  return something;
}

std::unique_ptr<ScanOutput> PatientScan::take_output(const ReadOut* what, std::size_t series) {
  if (streamed_) {
    const std::size_t before =
        what ? std::size_t(what - read_outs_.data()) + std::size_t(has_noiseless_) : 0;
    return std::move(outputs_[before * series_.size() + series]);
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
    if (held_) take({0, geometry_.views(), held_->signal.values(), held_->quanta.values(), {}});
    for (const Block& block : blocks_)
      take({block.first, block.count, block.signal.span(), block.quanta.span(),
            block.higher.span()});
  }
  return std::move(outputs_[series]);
}

std::pair<ImageData, std::vector<FileRecord>> PatientScan::finish(const ReadOut* what,
                                                                  const std::string& bins) {
  const auto number = std::size_t(std::ranges::find(series_, bins) - series_.begin());
  const std::unique_ptr<ScanOutput> output = take_output(what, number);
  auto files = output->files();
  recon::Rebinned data = output->data();
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
  ready.keep(output->measured());
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
  const Series& series = calibrated_.of(arm.bins);
  const recon::HounsfieldScale scale{series.mu_water, series.mu_air};
  const Deviations off = scanner_.deviations.value_or(Deviations{});
  const recon::StretchedKernel stretched(*arm.kernel, 1.0 + off.kernel_frequency);
  const recon::Kernel& kernel = off.kernel_frequency == 0.0 ? *arm.kernel : stretched;
  Image image = recon::reformatted(
      geometry_, patient_.grid(), (1.0 + off.slice_thickness) * arm.slice_thickness,
      [&](const recon::SliceStack& slices) {
        return data.of(arm).reconstruct(*arm.algorithm, data.measured(arm, isa_),
                                        {kernel, slices.grid, slices.thickness, scale}, isa_);
      });
  if (voxel_unit(plan_.scenario.arms, arm.bins) == recon::VoxelUnit::hounsfield)
    recon::miscalibrate(image, off.calibration_scale, off.calibration_offset);
  return image;
}

}  // namespace vitrine::trial::detail

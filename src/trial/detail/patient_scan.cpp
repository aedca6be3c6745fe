#include "vitrine/trial/detail/patient_scan.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "vitrine/core/hash.hpp"
#include "vitrine/phantoms/crop.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/version.hpp"
#include "vitrine/recon/fbp.hpp"
#include "vitrine/recon/reformat.hpp"
#include "vitrine/trial/detail/raw_header.hpp"
#include "vitrine/trial/detail/streaming.hpp"
#include "vitrine/trial/scan_check.hpp"

namespace vitrine::trial::detail {
namespace {

/// The scan's content: everything that its raw data depend on but the dose.
std::string scan_key(const Plan& plan, const std::string& case_id, const Visit& visit,
                     Scanner scanner, double voltage, double motion) {
  if (active_scatter(scanner) == nullptr) scanner.scatter.reset();
  const Scenario& s = plan.scenario;
  phantoms::Cohort cohort = s.patients;
  // How many others there are is not an independent patient's business.
  if (cohort.design == "independent" && cohort.strata.empty()) cohort.count = 1;
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

/// Takes the views of a scan as they come, through noise (or none), logarithm and correction, into
/// the form that reconstruction starts from.
class PatientScan::Output {
 public:
  /// `correction` of the scatter is subtracted.
  Output(const ScanGeometry& geometry, const recon::WaterCorrection& water,
         const physics::ScatterField* scatter, double correction, Isa isa)
      : geometry_(geometry),
        water_(water),
        scatter_(correction > 0.0 ? scatter : nullptr),
        correction_(correction),
        isa_(isa),
        cells_(std::size_t(geometry.columns * geometry.rows)),
        rebinner_(geometry, most_views(cells_), isa) {}

  void add_noise(physics::Acquisition acquisition) { acquisition_ = std::move(acquisition); }
  /// Shared by the series of a scan, which are made of the same counts.
  void count(std::shared_ptr<CountedBlocks> counts, const Series& series) {
    counts_ = std::move(counts);
    window_ = series.window;
    spectral_ = series.spectral;
  }
  /// Keep the rays as they are measured, too.
  void measure(recon::RayNoise noise) {
    measured_ = {Sinogram<quantity::LineIntegral>(geometry_), std::move(noise)};
  }
  std::optional<recon::MeasuredRays> measured() { return std::move(measured_); }
  void keep(std::unique_ptr<RawData> raw, RawScan::Quantity quantity) {
    raw_ = std::move(raw);
    quantity_ = quantity;
  }

  void take(const TracedBlock& block) {
    if (!counts_) {
      take(block.first, block.count, block.signal, block.quanta);
      return;
    }
    if (readings_.size() < block.signal.size()) readings_ = Buffer<float>(block.signal.size());
    const auto readings = readings_.span().first(block.signal.size());
    if (spectral_)
      counts_->combine(block, *spectral_, readings);
    else
      counts_->read(block, window_, readings);
    take(block.first, block.count, readings, {});
  }

  std::vector<FileRecord> files() {
    return raw_ ? std::exchange(raw_, nullptr)->finish() : std::vector<FileRecord>{};
  }
  recon::Rebinned data() { return std::move(rebinner_).finish(); }

 private:
  void take(Index first, Index count, std::span<const float> signal,
            std::span<const float> quanta) {
    for (Index done = 0; done < count;) {
      const std::span<float> room = rebinner_.room(count - done);
      const std::size_t at = std::size_t(done) * cells_;
      const Index views = Index(room.size() / cells_);
      std::span<const float> readings = signal.subspan(at, room.size());
      if (acquisition_) {
        acquisition_->read(first + done, views, readings, quanta.subspan(at, room.size()), room);
        readings = room;
      }
      if (scatter_) {
        if (!acquisition_) std::ranges::copy(readings, room.begin());
        scatter_->subtract(first + done, views, correction_, room);
        readings = room;
      }
      if (raw_ && quantity_ == RawScan::Quantity::signal) raw_->views(readings);
      if (spectral_)  // these are line integrals already
        std::ranges::copy(readings, room.begin());
      else
        recon::line_integrals(geometry_, readings, water_, isa_, room);
      if (raw_ && quantity_ == RawScan::Quantity::line_integral) raw_->views(room);
      if (measured_)
        std::ranges::copy(std::as_const(room),
                          measured_->values.values().begin() + (first + done) * Index(cells_));
      rebinner_.take(views);
      done += views;
    }
  }

  /// At once: fewer of a flat panel, so that they take no more than 64 MiB.
  static Index most_views(std::size_t cells) {
    constexpr std::size_t bytes = std::size_t(64) << 20;
    return std::clamp<Index>(Index(bytes / (cells * sizeof(float))), 16, 128);
  }

  const ScanGeometry& geometry_;
  const recon::WaterCorrection& water_;
  const physics::ScatterField* scatter_;
  double correction_;
  Isa isa_;
  std::size_t cells_;
  std::optional<physics::Acquisition> acquisition_;
  std::shared_ptr<CountedBlocks> counts_;  // of all series of the scan
  BinWindow window_;
  std::optional<recon::SpectralImage> spectral_;
  Buffer<float> readings_;
  std::unique_ptr<RawData> raw_;
  RawScan::Quantity quantity_ = RawScan::Quantity::signal;
  recon::Rebinner rebinner_;
  std::optional<recon::MeasuredRays> measured_;
};

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
  const physics::Beam& its = calibrated_.beam;
  const double load = exposure.tube_load / double(geometry_.views_per_rotation);  // of a reading
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

std::unique_ptr<PatientScan::Output> PatientScan::plain_output(const Series& series,
                                                               const Exposure& exposure) const {
  auto output = std::make_unique<Output>(geometry_, series.water, scatter_ ? &*scatter_ : nullptr,
                                         scatter_ ? scanner_.scatter->correction : 0.0, isa_);
  if (measured_) output->measure(ray_noise(series, exposure));
  return output;
}

/// All series of a scan that counts photons.
std::vector<std::unique_ptr<PatientScan::Output>> PatientScan::counted(
    physics::Counting counting, const Exposure& exposure) const {
  std::vector<double> loads(std::size_t(geometry_.views()),
                            exposure.tube_load / double(geometry_.views_per_rotation));
  for (std::size_t v = 0; v < exposure.modulation.size(); ++v) loads[v] *= exposure.modulation[v];
  const auto counts = std::make_shared<CountedBlocks>(
      std::move(counting), geometry_,
      calibrated_.decomposition ? &*calibrated_.decomposition : nullptr, std::move(loads), isa_);
  std::vector<std::unique_ptr<Output>> outputs;
  for (const std::string& bins : series_) {
    const Series& series = calibrated_.of(bins);
    outputs.push_back(plain_output(series, exposure));
    outputs.back()->count(counts, series);
  }
  return outputs;
}

std::vector<std::unique_ptr<PatientScan::Output>> PatientScan::noiseless_outputs() const {
  const physics::Beam& beam = calibrated_.beam;
  // A full scale and pile-up need a load: that of the protocol.
  const double load = plan_.scenario.arms.protocol.tube_load;
  physics::Conditions conditions{.hardware = hardware_, .modulation = {}, .noiseless = true};
  const Exposure exposure{load, {}};
  if (beam.bins())
    return counted({geometry_, beam, load, {}, isa_, std::move(conditions)}, exposure);
  std::vector<std::unique_ptr<Output>> outputs;
  outputs.push_back(plain_output(calibrated_.series.front(), exposure));
  if (physics::changes_mean(beam.detector()))
    outputs.back()->add_noise({geometry_, beam, load, {}, isa_, std::move(conditions)});
  return outputs;
}

std::vector<std::unique_ptr<PatientScan::Output>> PatientScan::noisy_outputs(
    const ReadOut& what) const {
  const std::vector<double> modulation =
      view_loads(scanner_, plan_.scenario.arms.protocol, calibrated_.beam.kv(), what.tube_load,
                 attenuation_, geometry_);
  const Stream noise = make_stream(std::uint64_t(plan_.scenario.trial.seed),
                                   str(key_, '|', to_text(what.tube_load)), Draw::quantum);
  physics::Conditions conditions{
      .hardware = hardware_, .modulation = modulation, .noiseless = false};
  if (calibrated_.beam.bins())
    return counted(
        {geometry_, calibrated_.beam, what.tube_load, noise, isa_, std::move(conditions)},
        {what.tube_load, modulation});
  auto output = plain_output(calibrated_.series.front(), {what.tube_load, modulation});
  output->add_noise(
      {geometry_, calibrated_.beam, what.tube_load, noise, isa_, std::move(conditions)});
  const auto& raw = plan_.scenario.outputs.raw;
  if (raw == "signal" || raw == "line_integrals") {
    RawScan header = raw_header(plan_, case_id_, patient_.visit(), what.made, geometry_,
                                calibrated_, patient_.image_centre(), isa_);
    header.origin.sex = patient_.context(*what.made.front(), what.dose.ctdi_vol).sex;
    header.beam.ctdi_vol = what.dose.ctdi_vol;
    for (const double share : modulation)
      header.beam.view_tube_load.push_back(share * what.tube_load);
    output->keep(sink_.raw(header), header.quantity);
  }
  std::vector<std::unique_ptr<Output>> outputs;
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

void PatientScan::open_outputs() {
  const auto add = [&](std::vector<std::unique_ptr<Output>> outputs) {
    std::ranges::move(outputs, std::back_inserter(outputs_));
  };
  if (has_noiseless_) add(noiseless_outputs());
  for (const ReadOut& what : read_outs_) add(noisy_outputs(what));
}

void PatientScan::trace() {
  const Protocol& protocol = plan_.scenario.arms.protocol;
  std::optional<physics::Projector> projector;
  if (motion_ > 0.0) {
    const double views = plan_.scenario.simulation.motion_step / protocol.rotation_time *
                         double(geometry_.views_per_rotation);
    projector.emplace(
        [this](double time) { return met(patient_.scene_at(time, motion_, chance_)); },
        std::max<Index>(1, Index(std::round(views))), geometry_, calibrated_.beam, sampling(),
        isa_);
  } else {
    projector.emplace(resting_, geometry_, calibrated_.beam, sampling(), isa_);
  }

  bool something = false;
  PatientScan* const self = this;
  const bool streamed = streams(outputs());
  if (streamed) open_outputs();
  if (streamed || beam().bins()) {
    something = trace_blocks(*projector, {&self, 1});
  } else {
    held_.emplace(physics::Exposure{Sinogram<quantity::Signal>(geometry_),
                                    Sinogram<quantity::Quanta>(geometry_)});
    projector->project(0, geometry_.views(), held_->signal.values(), held_->quanta.values());
    something = meets(held_->signal.values());
    if (scatter_)
      scatter_->add(0, geometry_.views(), held_->signal.values(), held_->quanta.values());
  }
  resting_ = {};
  require_met(something, geometry_, patient_.scene());
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

std::pair<ImageData, std::vector<FileRecord>> PatientScan::finish(std::unique_ptr<Output> output,
                                                                  const std::string& bins,
                                                                  const ReadOut* what) {
  if (held_)
    output->take({0, geometry_.views(), held_->signal.values(), held_->quanta.values(), {}});
  for (const Block& block : blocks_)
    output->take(
        {block.first, block.count, block.signal.span(), block.quanta.span(), block.higher.span()});
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
  const auto i = std::size_t(std::ranges::find(series_, bins) - series_.begin());
  if (outputs_.empty()) return finish(std::move(noiseless_outputs()[i]), bins, nullptr).first;
  return finish(std::move(outputs_[i]), bins, nullptr).first;
}

std::pair<ImageData, std::vector<FileRecord>> PatientScan::read_out(std::size_t number,
                                                                    const std::string& bins) {
  const auto i = std::size_t(std::ranges::find(series_, bins) - series_.begin());
  const ReadOut& what = read_outs_[number];
  if (outputs_.empty()) return finish(std::move(noisy_outputs(what)[i]), bins, &what);
  const std::size_t before = number + std::size_t(has_noiseless_);
  return finish(std::move(outputs_[before * series_.size() + i]), bins, &what);
}

double PatientScan::photons(const Arm& arm) const {
  const Index middle = beam().columns() / 2;
  const double per_mas = beam().bins() ? beam().bins()->air(middle, calibrated_.of(arm.bins).window)
                                       : beam().air_quanta(middle);
  return per_mas * arm.tube_load / double(geometry_.views_per_rotation);
}

Image PatientScan::reconstruct(ImageData& data, const Arm& arm) const {
  const Series& series = calibrated_.of(arm.bins);
  const recon::HounsfieldScale scale{series.mu_water, series.mu_air};
  recon::CorrectedScan& lines = data.of(arm);
  return recon::reformatted(
      geometry_, patient_.grid(), arm.slice_thickness, [&](const recon::SliceStack& slices) {
        if (!arm.algorithm->wants_measured())
          return lines.reconstruct(*arm.kernel, slices.grid, slices.thickness, scale, isa_);
        return arm.algorithm->reconstruct({lines.lines(), data.measured()},
                                          {*arm.kernel, slices.grid, slices.thickness, scale},
                                          isa_);
      });
}

}  // namespace vitrine::trial::detail

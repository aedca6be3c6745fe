#include "vitrine/trial/detail/patient_scan.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/hash.hpp"
#include "vitrine/phantoms/crop.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/version.hpp"
#include "vitrine/recon/fbp.hpp"
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
  if (p.gantry_tilt != 0.0) hash.add("gantry tilt ").add(to_text(p.gantry_tilt));
  if (p.flying_focal_spot != "none") hash.add("flying focal spot ").add(p.flying_focal_spot);
  if (const auto& injection = visit.state.injection)
    hash.add(to_json(phantoms::Injection::schema().write(*injection)));
  if (p.tube_current_modulation)
    hash.add("tube current ")
        .add(to_json(physics::TubeCurrentModulation::schema().write(*p.tube_current_modulation)));
  if (scanner.detector.lag)
    hash.add(str("lag ", to_text(p.rotation_time), ' ', to_text(p.table_time)));
  if (motion > 0.0) {
    hash.add(
        str("motion ", to_text(motion), ' ', to_text(p.rotation_time), ' ', to_text(p.table_time)));
    for (const auto& each : p.motion) hash.add(to_json(each.canonical));
  }
  return hash.finish().hex();
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
  void keep(std::unique_ptr<RawData> raw, RawScan::Quantity quantity) {
    raw_ = std::move(raw);
    quantity_ = quantity;
  }

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
      recon::line_integrals(geometry_, readings, water_, isa_, room);
      if (raw_ && quantity_ == RawScan::Quantity::line_integral) raw_->views(room);
      rebinner_.take(views);
      done += views;
    }
  }

  std::vector<FileRecord> files() {
    return raw_ ? std::exchange(raw_, nullptr)->finish() : std::vector<FileRecord>{};
  }
  recon::Rebinned data() { return std::move(rebinner_).finish(); }

 private:
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
  std::unique_ptr<RawData> raw_;
  RawScan::Quantity quantity_ = RawScan::Quantity::signal;
  recon::Rebinner rebinner_;
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
      geometry_(scan_geometry(scanner_, plan.scenario.arms.protocol, patient.table_position(),
                              patient.visit().start_angle)),
      hardware_(make_stream(std::uint64_t(plan.scenario.trial.seed),
                            str(scanner_.name, '|', to_text(calibrated.beam.kv())),
                            Draw::detector)),
      key_(scan_key(plan, case_id, patient.visit(), scanner_, calibrated.beam.kv(), motion)),
      has_noiseless_(noiseless) {
  trace(motion);
}

PatientScan::~PatientScan() = default;

std::unique_ptr<PatientScan::Output> PatientScan::plain_output() const {
  return std::make_unique<Output>(geometry_, calibrated_.water, scatter_ ? &*scatter_ : nullptr,
                                  scatter_ ? scanner_.scatter->correction : 0.0, isa_);
}

std::unique_ptr<PatientScan::Output> PatientScan::noiseless_output() const {
  auto output = plain_output();
  const physics::Beam& beam = calibrated_.beam;
  if (!physics::changes_mean(beam.detector())) return output;
  // The converter's full scale needs a load: that of the protocol.
  output->add_noise({geometry_,
                     beam,
                     plan_.scenario.arms.protocol.tube_load,
                     {},
                     isa_,
                     {.hardware = hardware_, .modulation = {}, .noiseless = true}});
  return output;
}

std::unique_ptr<PatientScan::Output> PatientScan::noisy_output(const ReadOut& what) const {
  auto output = plain_output();
  const std::vector<double> modulation =
      view_loads(scanner_, plan_.scenario.arms.protocol, calibrated_.beam.kv(), what.tube_load,
                 attenuation_, geometry_);
  const Stream noise = make_stream(std::uint64_t(plan_.scenario.trial.seed),
                                   str(key_, '|', to_text(what.tube_load)), Draw::quantum);
  output->add_noise({geometry_,
                     calibrated_.beam,
                     what.tube_load,
                     noise,
                     isa_,
                     {.hardware = hardware_, .modulation = modulation, .noiseless = false}});
  const auto& raw = plan_.scenario.outputs.raw;
  if (raw == "signal" || raw == "line_integrals") {
    RawScan header = raw_header(plan_, case_id_, patient_.visit(), what.made, geometry_,
                                calibrated_, patient_.table_position(), isa_);
    header.origin.sex = patient_.context(*what.made.front(), what.dose.ctdi_vol).sex;
    header.beam.ctdi_vol = what.dose.ctdi_vol;
    for (const double share : modulation)
      header.beam.view_tube_load.push_back(share * what.tube_load);
    output->keep(sink_.raw(header), header.quantity);
  }
  return output;
}

void PatientScan::trace(double motion) {
  const Scenario& scenario = plan_.scenario;
  const Arms& arms = scenario.arms;
  const physics::Sampling sampling{int(scenario.simulation.sub_columns),
                                   int(scenario.simulation.sub_rows),
                                   int(scenario.simulation.sub_views)};
  const double table = patient_.table_position(), near = scan_reach(geometry_, table);
  const auto met = [&](const Scene& scene, double margin = 0.0) {
    return phantoms::cropped(scene, table - near - margin, table + near + margin);
  };
  Scene resting;
  const bool moves = motion > 0.0, follows = arms.protocol.tube_current_modulation.has_value();
  if (follows || !moves) resting = met(patient_.scene());
  if (follows) attenuation_ = physics::view_attenuation(resting, geometry_, calibrated_.beam, isa_);
  std::optional<physics::Projector> projector;
  // A patient moves alike in all arms that differ in strength alone.
  const Stream chance = make_stream(std::uint64_t(scenario.trial.seed),
                                    str(case_id_, '|', patient_.visit().name, '|', scanner_.name,
                                        '|', to_text(calibrated_.beam.kv())),
                                    Draw::motion);
  if (active_scatter(scanner_) != nullptr) {
    // Of a patient who moves: as they lie when the scan begins.
    const Scene around =
        met(moves ? patient_.scene_at(0.0, motion, chance) : patient_.scene(), scatter_margin);
    scatter_.emplace(patient_scatter(
        around, geometry_, scanner_, calibrated_,
        make_stream(std::uint64_t(scenario.trial.seed), key_, Draw::transport), isa_));
  }
  if (moves) {
    const double views = scenario.simulation.motion_step / arms.protocol.rotation_time *
                         double(geometry_.views_per_rotation);
    projector.emplace(
        [=, this](double time) { return met(patient_.scene_at(time, motion, chance)); },
        std::max<Index>(1, Index(std::round(views))), geometry_, calibrated_.beam, sampling, isa_);
  } else {
    projector.emplace(resting, geometry_, calibrated_.beam, sampling, isa_);
  }

  bool something = false;
  const auto look = [&](std::span<const float> signal) {
    something = something || std::ranges::any_of(signal, [](float s) { return s != 1.0f; });
  };
  if (streams(read_outs_.size() + std::size_t(has_noiseless_))) {
    if (has_noiseless_) outputs_.push_back(noiseless_output());
    for (const ReadOut& what : read_outs_) outputs_.push_back(noisy_output(what));
    const Index block = projector->block();
    const auto cells = std::size_t(geometry_.columns * geometry_.rows);
    Buffer<float> signal(std::size_t(block) * cells), quanta(std::size_t(block) * cells);
    for (Index first = 0; first < geometry_.views(); first += block) {
      const Index count = std::min(block, geometry_.views() - first);
      const auto s = signal.span().first(std::size_t(count) * cells);
      const auto q = quanta.span().first(std::size_t(count) * cells);
      projector->project(first, count, s, q);
      look(s);
      if (scatter_) scatter_->add(first, count, s, q);
      for (auto& output : outputs_) output->take(first, count, s, q);
    }
  } else {
    held_.emplace(physics::Exposure{Sinogram<quantity::Signal>(geometry_),
                                    Sinogram<quantity::Quanta>(geometry_)});
    projector->project(0, geometry_.views(), held_->signal.values(), held_->quanta.values());
    look(held_->signal.values());
    if (scatter_)
      scatter_->add(0, geometry_.views(), held_->signal.values(), held_->quanta.values());
  }
  require_met(something, geometry_, patient_.scene());
}

std::pair<recon::Rebinned, std::vector<FileRecord>> PatientScan::finish(
    std::unique_ptr<Output> output) {
  if (held_) output->take(0, geometry_.views(), held_->signal.values(), held_->quanta.values());
  auto files = output->files();
  recon::Rebinned data = output->data();
  data.extend_truncated(plan_.scenario.arms.protocol.truncation_extension);
  return {std::move(data), std::move(files)};
}

recon::Rebinned PatientScan::noiseless() {
  VITRINE_EXPECT(has_noiseless_);
  return finish(held_ ? noiseless_output() : std::move(outputs_.front())).first;
}

std::pair<recon::Rebinned, std::vector<FileRecord>> PatientScan::read_out(std::size_t i) {
  return finish(held_ ? noisy_output(read_outs_[i])
                      : std::move(outputs_[i + std::size_t(has_noiseless_)]));
}

double PatientScan::photons(double tube_load) const {
  return beam().air_quanta(beam().columns() / 2) * tube_load / double(geometry_.views_per_rotation);
}

Image PatientScan::reconstruct(const recon::Rebinned& data, const Arm& arm) const {
  return recon::reconstruct(data, *arm.kernel, patient_.grid(), arm.slice_thickness,
                            beam().mu_water(), beam().mu_air(), isa_);
}

}  // namespace vitrine::trial::detail

// A patient's rays: traced, or loaded from what was traced before.
#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/crop.hpp"
#include "vitrine/trial/detail/patient_scan.hpp"
#include "vitrine/trial/detail/scan_output.hpp"
#include "vitrine/trial/scan_check.hpp"

namespace vitrine::trial::detail {
namespace {

/// If any ray met something: a ray that meets nothing has signal exactly 1.
bool meets(std::span<const float> signal) {
  return std::ranges::any_of(signal, [](float s) { return s != 1.0f; });
}

Buffer<float> copy_of(std::span<const float> values) {
  constexpr Index piece = Index{1} << 20;
  Buffer<float> copy(values.size());
  parallel_for((std::ssize(values) + piece - 1) / piece, [&](Index i) {
    const auto from = std::size_t(i * piece);
    std::ranges::copy(values.subspan(from, std::min(std::size_t(piece), values.size() - from)),
                      copy.data() + from);
  });
  return copy;
}

}  // namespace

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
      make_stream(std::uint64_t(scenario.trial.seed), noise_key_, Draw::transport), isa_));
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

RayTracer PatientScan::tracer(std::span<const Alike> beams) {
  const PatientScan& one = *beams.front().front();
  RayTracer made;
  made.further = known_of_rays(one.plan_.scenario.arms, one.scanner_) - 2 + 2 * (beams.size() - 1);
  const auto at_rest = [&](std::span<const physics::Beam* const> all) {
    return std::make_unique<physics::Projector>(one.resting_, one.geometry_, all, one.sampling(),
                                                one.isa_);
  };
  if (one.calibrated_.other) {
    const physics::Beam &first = one.calibrated_.beam, &second = *one.calibrated_.other;
    if (one.motion_ == 0.0 && first.shares_rays_with(second)) {
      made.first = at_rest(std::array{&first, &second});
    } else {
      made.first = one.projector(first);
      made.second = one.projector(second);
    }
  } else if (beams.size() == 1) {
    made.first = one.projector(one.beam());
  } else {
    std::vector<const physics::Beam*> all;
    for (const Alike& scans : beams) {
      const PatientScan& its = *scans.front();
      VITRINE_EXPECT(its.motion_ == 0.0 && its.trace_key_ == one.trace_key_);
      all.push_back(&its.beam());
    }
    made.first = at_rest(all);
  }
  return made;
}

void PatientScan::trace(std::span<const Alike> beams, Index start) {
  const PatientScan& one = *beams.front().front();
  const ScanGeometry& geometry = one.geometry_;
  const RayTracer tracer = PatientScan::tracer(beams);
  const Index block = tracer.first->block();
  const auto cells = std::size_t(geometry.columns * geometry.rows);
  const std::size_t own = beams.size() > 1 ? 0 : tracer.further;  // of each beam
  std::vector<std::unique_ptr<ArrayToKeep>> kept(beams.size());
  for (std::size_t b = 0; b < beams.size(); ++b)
    if (one.around_.kept)
      kept[b] = one.around_.kept->keep(beams[b].front()->known_key_, one.shape());
  const std::size_t most = std::size_t(block) * cells;
  Buffer<float> first_two(2 * most), further(tracer.further * most);
  for (Index first = 0; first < geometry.views();) {
    // A block ends where views begin to be taken.
    const Index end = first < start ? start : geometry.views();
    const Index count = std::min(block, end - first);
    const std::size_t size = std::size_t(count) * cells;
    const auto signal = first_two.span().first(size), quanta = first_two.span().subspan(size, size);
    const auto others = further.span().first(tracer.further * size);
    tracer.first->project(first, count, signal, quanta,
                          tracer.second ? std::span<float>{} : others);
    if (tracer.second)
      tracer.second->project(first, count, others.first(size), others.subspan(size));
    for (std::size_t b = 0; b < beams.size(); ++b) {
      const auto its = [&](std::size_t n) {
        return b == 0 ? (n == 0 ? signal : quanta) : others.subspan((2 * (b - 1) + n) * size, size);
      };
      const std::span<const float> higher = std::as_const(further).span().first(own * size);
      if (kept[b])
        kept[b]->steps(count, std::array<std::span<const float>, 3>{its(0), its(1), higher});
      if (first >= start) take(beams[b], first, count, its(0), its(1), higher);
    }
    first += count;
  }
  for (const auto& each : kept)
    if (each) each->finish();
}

KeptShape PatientScan::shape() const {
  return {geometry_.views(), geometry_.columns * geometry_.rows,
          Index(known_of_rays(plan_.scenario.arms, scanner_))};
}

Index PatientScan::load(const Alike& scans) {
  const PatientScan& one = *scans.front();
  if (!one.around_.kept) return 0;
  const KeptShape rays = one.shape();
  const std::unique_ptr<KeptArray> there = one.around_.kept->load(one.known_key_, rays);
  if (!there) return 0;
  Buffer<float> block;
  Index first = 0;
  while (first < rays.steps) {
    const Index count = there->next(block);
    if (count == 0) {
      one.around_.kept->discard(one.known_key_);
      break;
    }
    const auto size = std::size_t(count * rays.cells);
    take(scans, first, count, block.span().first(size), block.span().subspan(size, size),
         std::as_const(block).span().subspan(2 * size, std::size_t(rays.values - 2) * size));
    first += count;
  }
  return first;
}

void PatientScan::take(const Alike& scans, Index first, Index count, std::span<float> signal,
                       std::span<float> quanta, std::span<const float> higher) {
  for (PatientScan* const scan : scans) {
    if (scan == scans.back() || !scan->scatter_) {
      scan->take(first, count, signal, quanta, higher);
      continue;
    }
    Buffer<float> own_signal = copy_of(signal), own_quanta = copy_of(quanta);
    scan->take(first, count, own_signal.span(), own_quanta.span(), higher);
  }
}

void PatientScan::take(Index first, Index count, std::span<float> signal, std::span<float> quanta,
                       std::span<const float> higher) {
  met_something_ = met_something_ || meets(signal);
  if (scatter_) scatter_->add(first, count, signal, quanta);
  for (auto& output : outputs_) output->take({first, count, signal, quanta, higher});
  if (!streamed_)
    blocks_.push_back({first, count, copy_of(signal), copy_of(quanta), copy_of(higher)});
}

void PatientScan::trace(std::span<const std::unique_ptr<PatientScan>> scans) {
  std::vector<Alike> beams;
  for (const auto& scan : scans) {
    if (!scan->lines_.empty()) continue;
    if (scan->size().streams()) scan->open_outputs();
    const auto same = std::ranges::find(
        beams, scan->known_key_, [](const Alike& others) { return others.front()->known_key_; });
    if (same == beams.end())
      beams.push_back({scan.get()});
    else
      same->push_back(scan.get());
  }
  std::vector<Alike> unknown;
  std::vector<std::pair<Alike, Index>> in_part;
  for (const Alike& alike : beams) {
    const Index there = load(alike);
    if (there == 0)
      unknown.push_back(alike);
    else if (there < alike.front()->geometry_.views())
      in_part.emplace_back(alike, there);
  }
  StageLedger& ledger = scans.front()->around_.ledger;
  if (unknown.empty() && in_part.empty()) ledger.load(Stage::trace);
  if (!unknown.empty() || !in_part.empty()) ledger.make(Stage::trace);
  if (!unknown.empty()) trace(unknown, 0);
  for (const auto& [alike, start] : in_part) trace({&alike, 1}, start);
  for (const auto& scan : scans) {
    scan->resting_ = {};
    if (!scan->lines_.empty()) continue;
    require_met(scan->met_something_, scan->geometry_, scan->patient_.scene());
  }
}

}  // namespace vitrine::trial::detail

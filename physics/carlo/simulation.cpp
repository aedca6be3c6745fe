#include "vitrine/physics/carlo/simulation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/carlo/detail/job.hpp"
#include "vitrine/physics/carlo/detail/prepare.hpp"

namespace vitrine::physics::carlo {
namespace {

constexpr double mgy_per_kev_per_g = 1.602176634e-10;

}  // namespace

double Estimate::relative() const {
  return mean != 0.0 ? error / std::abs(mean) : std::numeric_limits<double>::infinity();
}

CoarseDetector coarse_detector(const Scanner& scanner, Index columns, Index rows) {
  CoarseDetector d;
  d.columns = columns;
  d.rows = rows;
  d.scintillator = scanner.detector.scintillator;
  d.thickness = scanner.detector.thickness;
  if (const auto& sensor = scanner.detector.sensor) {
    d.scintillator = sensor->material;
    d.thickness = sensor->thickness;
  }
  d.fill_factor = scanner.detector.fill_factor;
  d.grid = scanner.detector.anti_scatter_grid.value_or(AntiScatterGrid{});
  return d;
}

/// Where the sums of a batch are: one array of doubles.
struct Simulation::State {
  Setup setup;
  Stream stream;
  Isa isa;
  Media media;
  detail::Prepared prepared;
  std::size_t region = 2, chamber, cell, size;  // first of each kind; 0 emitted, 1 escaped
  std::int64_t batches = 0;
  std::vector<double> sum, square;

  State(Setup given, const Stream& from, Isa level)
      : setup(std::move(given)),
        stream(from),
        isa(level),
        media(setup.object.materials),
        prepared(detail::prepare(setup, media)),
        chamber(region + setup.object.regions.size()),
        cell(chamber + setup.chambers.size()),
        size(cell + (setup.detector ? std::size_t(detail::orders * setup.detector->columns *
                                                  setup.detector->rows)
                                    : 0)),
        sum(size, 0.0),
        square(size, 0.0) {}

  void carry(std::int64_t number, std::vector<double>& tally) const {
    detail::Job job = prepared.job;
    job.key[0] = std::uint32_t(stream.key);
    job.key[1] = std::uint32_t(stream.key >> 32);
    job.draw = std::uint32_t(stream.draw);
    job.first = std::uint64_t(number * batch);
    job.count = std::uint64_t(batch);
    job.emitted = tally.data();
    job.escaped = tally.data() + 1;
    job.region = tally.data() + region;
    job.chamber = tally.data() + chamber;
    job.cell = tally.data() + cell;
    detail::kernels(isa).carry(job);
  }

  /// Per history, times `factor`.
  Estimate estimate(std::size_t at, double factor) const {
    const double n = double(batches);
    if (batches == 0) return {0.0, std::numeric_limits<double>::infinity()};
    const double mean = sum[at] / n;
    const double spread = std::max(0.0, square[at] / n - mean * mean);
    const double error =
        batches > 1 ? std::sqrt(spread / (n - 1.0)) : std::numeric_limits<double>::infinity();
    return {factor * mean / double(batch), factor * error / double(batch)};
  }
};

Simulation::Simulation(Setup setup, const Stream& stream, Isa isa)
    : state_(std::make_unique<State>(std::move(setup), stream, isa)) {}
Simulation::~Simulation() = default;
Simulation::Simulation(Simulation&&) noexcept = default;
Simulation& Simulation::operator=(Simulation&&) noexcept = default;

void Simulation::run(std::int64_t histories) {
  State& s = *state_;
  const std::int64_t end = s.batches + (histories + batch - 1) / batch;
  while (s.batches < end) {
    // A few batches at a time, each with sums of its own, added up in their order.
    const std::int64_t count = std::min<std::int64_t>(end - s.batches, 4 * thread_count());
    std::vector<std::vector<double>> tallies(std::size_t(count), std::vector<double>(s.size, 0.0));
    parallel_for(count, [&](std::int64_t i) { s.carry(s.batches + i, tallies[std::size_t(i)]); });
    for (const auto& tally : tallies)
      for (std::size_t i = 0; i < s.size; ++i) {
        s.sum[i] += tally[i];
        s.square[i] += tally[i] * tally[i];
      }
    s.batches += count;
  }
}

std::int64_t Simulation::histories() const { return state_->batches * batch; }
const Setup& Simulation::setup() const { return state_->setup; }
Estimate Simulation::emitted() const { return state_->estimate(0, 1.0); }
Estimate Simulation::escaped() const { return state_->estimate(1, 1.0); }
Estimate Simulation::absorbed(std::size_t region) const {
  return state_->estimate(state_->region + region, 1.0);
}

Estimate Simulation::dose(std::size_t region) const {
  const State& s = *state_;
  const double mass = s.prepared.masses[region];
  if (mass <= 0.0) return {};
  return s.estimate(s.region + region, mgy_per_kev_per_g * s.setup.source.photons_per_mas / mass);
}

Estimate Simulation::kerma(std::size_t chamber) const { return kerma(std::span(&chamber, 1)); }

Estimate Simulation::kerma(std::span<const std::size_t> chambers) const {
  const State& s = *state_;
  Estimate all;
  double variance = 0.0;
  for (const std::size_t i : chambers) {
    const Chamber& c = s.setup.chambers[i];
    const double volume = std::numbers::pi * c.radius * c.radius * (c.high - c.low);
    const Estimate one =
        s.estimate(s.chamber + i, mgy_per_kev_per_g * s.setup.source.photons_per_mas / volume);
    all.mean += one.mean / double(chambers.size());
    variance += one.error * one.error;
  }
  all.error = std::sqrt(variance) / double(chambers.size());
  return all;
}

Estimate Simulation::signal(Order order, Index column, Index row) const {
  const State& s = *state_;
  const CoarseDetector& d = *s.setup.detector;
  const auto at = std::size_t((Index(order) * d.columns + column) * d.rows + row);
  const double cells = double(s.setup.geometry.columns) / double(d.columns) *
                       double(s.setup.geometry.rows) / double(d.rows);
  return s.estimate(s.cell + at, s.setup.source.photons_per_mas * d.fill_factor / cells);
}

Estimate Simulation::scatter_to_primary(Index column, Index row) const {
  const Estimate direct = signal(Order::primary, column, row);
  double scatter = 0.0, variance = 0.0;
  for (const Order order : {Order::single_compton, Order::single_rayleigh, Order::multiple}) {
    const Estimate part = signal(order, column, row);
    scatter += part.mean;
    variance += part.error * part.error;
  }
  if (direct.mean <= 0.0) return {0.0, std::numeric_limits<double>::infinity()};
  const double ratio = scatter / direct.mean;
  return {ratio, std::sqrt(variance / (direct.mean * direct.mean) +
                           ratio * ratio * direct.relative() * direct.relative())};
}

void reach(Simulation& simulation, const Precision& precision, FunctionRef<double()> relative_error,
           std::string_view what) {
  require(precision.relative > 0.0 && precision.most > 0, Error::Kind::input,
          "a relative error of ", precision.relative, " within ", precision.most,
          " histories is wanted (both must be positive)");
  constexpr std::int64_t first = 20 * Simulation::batch;  // too few batches do not tell their error
  std::int64_t next = first;
  while (true) {
    simulation.run(std::min(next, precision.most - simulation.histories()));
    const double error = relative_error(), ratio = error / precision.relative;
    if (ratio <= 1.0 && simulation.histories() >= std::min(first, precision.most)) return;
    const double so_far = double(simulation.histories());
    require(simulation.histories() < precision.most, Error::Kind::input, what, " is known to ",
            100.0 * error, " % after ", so_far, " histories (", 100.0 * precision.relative,
            " % are asked for, and no more than ", double(precision.most),
            " histories allowed). Allow about ", 1.1 * so_far * ratio * ratio, " or ask for ",
            105.0 * error, " %.");
    // As many as the present error calls for, but never far beyond what is known of it.
    const double wanted = std::isfinite(ratio) ? so_far * (1.05 * ratio * ratio - 1.0) : so_far;
    next = std::int64_t(std::clamp(wanted, double(Simulation::batch), 4.0 * so_far));
  }
}

std::vector<float> scattering_cosines(const Media& media, std::size_t material, double energy,
                                      Scattering process, std::size_t count, const Stream& stream,
                                      Isa isa) {
  std::vector<float> cosines(count);
  detail::AngleJob job{};
  job.tables = detail::tables(media);
  job.medium = std::int32_t(material);
  job.compton = process == Scattering::compton;
  job.energy = float(energy);
  job.key[0] = std::uint32_t(stream.key);
  job.key[1] = std::uint32_t(stream.key >> 32);
  job.draw = std::uint32_t(stream.draw);
  job.count = count;
  job.cosines = cosines.data();
  detail::kernels(isa).angles(job);
  return cosines;
}

}  // namespace vitrine::physics::carlo

#include "vitrine/physics/counting/acquire.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/core/pool.hpp"
#include "vitrine/physics/detail/count_job.hpp"
#include "vitrine/physics/detail/wide.hpp"

namespace vitrine::physics {
namespace detail {

CountKernel count_kernel(Isa isa, int row_groups) {
  if (is_wide(isa, row_groups)) return v4::count;
  return isa == Isa::v3 ? v3::count : portable::count;
}

}  // namespace detail

namespace {

/// The time of a reading, s: the shortest between two.
double reading_time(const ScanGeometry& geometry) {
  const auto& times = geometry.view_times;
  require(std::ssize(times) == geometry.views() && times.size() >= 2, Error::Kind::input,
          "pile-up needs views with times (the geometry has ", times.size(), " for ",
          geometry.views(), " views). Give them, or leave pile_up out.");
  double shortest = times[1] - times[0];
  for (std::size_t v = 2; v < times.size(); ++v)
    shortest = std::min(shortest, times[v] - times[v - 1]);
  require(shortest > 0.0, Error::Kind::input, "two views are ", shortest,
          " s apart (pile-up needs readings that take time)");
  return shortest;
}

/// mAs of each view's reading.
std::vector<double> loads_of(const ScanGeometry& geometry, double tube_load,
                             std::span<const double> modulation) {
  require(tube_load > 0.0, Error::Kind::input, "tube_load_mas is ", tube_load,
          " (no quanta without it). Use a positive one.");
  require(modulation.empty() || std::ssize(modulation) == geometry.views(), Error::Kind::input,
          "the tube load is given for ", modulation.size(), " views (the scan has ",
          geometry.views(), ")");
  require(std::ranges::all_of(modulation, [](double m) { return m > 0.0; }), Error::Kind::input,
          "a view has no tube load (no quanta without it). Raise the smallest tube current.");
  std::vector<double> loads(std::size_t(geometry.views()),
                            tube_load / double(geometry.views_per_rotation));
  for (std::size_t v = 0; v < modulation.size(); ++v) loads[v] *= modulation[v];
  return loads;
}

std::optional<PileUpOfReading> pile_up_of(const ScanGeometry& geometry,
                                          const CountingSensor& sensor) {
  if (!sensor.pile_up || sensor.pile_up->dead_time == 0.0) return std::nullopt;
  return PileUpOfReading{
      *sensor.pile_up,
      sensor.pile_up->dead_time / (double(sensor.columns * sensor.rows) * reading_time(geometry))};
}

AirCounts air_of(const ScanGeometry& geometry, const Beam& beam, double tube_load,
                 std::span<const double> modulation) {
  VITRINE_EXPECT(beam.bins() != nullptr);
  const CountingBins& known = *beam.bins();
  std::vector<double> per_mas;
  for (Index c = 0; c < geometry.columns; ++c)
    for (std::size_t b = 0; b < known.bins(); ++b) per_mas.push_back(known.air(c, {b, b + 1}));
  return {geometry, known.bins(), per_mas, loads_of(geometry, tube_load, modulation),
          pile_up_of(geometry, *beam.detector().sensor)};
}

}  // namespace

Counting::Counting(const ScanGeometry& geometry, const Beam& beam, double tube_load,
                   const Stream& noise, Isa isa, Conditions conditions)
    : geometry_(geometry),
      bins_(beam.bins() ? beam.bins()->bins() : 0),
      cells_(geometry.columns * geometry.rows),
      noise_(noise),
      isa_(isa),
      noiseless_(conditions.noiseless),
      air_(air_of(geometry, beam, tube_load, conditions.modulation)) {
  const CountingBins& known = *beam.bins();
  pairs_ = known.pairs();
  coefficients_.assign(known.coefficients().begin(), known.coefficients().end());
  if (!air_.pile_up()) return;
  const CountingSensor& sensor = *beam.detector().sensor;
  const PileUp& loss = air_.pile_up()->how;
  const double pixels = double(sensor.columns * sensor.rows), time = reading_time(geometry);
  double most = tube_load / double(geometry.views_per_rotation);
  for (const double load : air_.loads()) most = std::max(most, load);
  const double counts = double(*std::ranges::max_element(air_.cells())) * most;
  require(loss.kind != "paralysable" || air_.rate(counts) < 1.0, Error::Kind::input,
          "the beam without a patient brings ", counts / (pixels * time) * 1e-6,
          " million counts per second to a pixel (with a dead time of ", loss.dead_time * 1e9,
          " ns a paralysable one counts ever less beyond ", 1e-6 / loss.dead_time,
          " million). Lower the tube load to ", tube_load / air_.rate(counts),
          " mAs or turn more slowly, divide cells into more pixels, or shorten dead_time_ns.");
}

void Counting::read(Index first, Index count, std::span<const float> signal,
                    std::span<const float> quanta, std::span<const float> higher,
                    std::span<float> counts) const {
  const auto cells = std::size_t(cells_), size = std::size_t(count) * cells;
  VITRINE_EXPECT(signal.size() == size && higher.size() == (bins_ - 1) * size);
  VITRINE_EXPECT(counts.size() == bins_ * size && (noiseless_ || quanta.size() == size));
  const auto stride = std::ptrdiff_t(size);
  parallel_for(count, [&](Index v) {
    const std::size_t at = std::size_t(v) * cells;
    const float* bins = higher.empty() ? nullptr : higher.data() + at;
    if (noiseless_)
      expected(first + v, signal.data() + at, bins, stride, counts.data() + at);
    else
      draw(first + v, signal.data() + at, quanta.data() + at, bins, stride, counts.data() + at);
    if (air_.pile_up()) pile_up(first + v, counts.data() + at, stride);
  });
}

void Counting::expected(Index view, const float* signal, const float* higher, std::ptrdiff_t stride,
                        float* counts) const {
  const auto mas = float(load(view));
  for (Index i = 0; i < cells_; ++i) {
    const float* share = &air_.shares()[std::size_t(i / geometry_.rows) * bins_];
    const float lit = air_.cells()[std::size_t(i)] * mas;
    float lowest = signal[i] * lit;
    for (std::ptrdiff_t b = 1; b < std::ptrdiff_t(bins_); ++b) {
      const float bin = higher[(b - 1) * stride + i] * lit * share[b];
      lowest -= bin;
      counts[b * stride + i] = bin;
    }
    counts[i] = std::max(lowest, 0.0f);
  }
}

void Counting::draw(Index view, const float* signal, const float* quanta, const float* higher,
                    std::ptrdiff_t stride, float* counts) const {
  std::vector<detail::PairClass> pairs;
  for (const BinPair& pair : pairs_)
    pairs.push_back({pair.columns, pair.rows, std::int32_t(pair.first), std::int32_t(pair.second)});
  detail::CountJob job{};
  job.columns = std::int32_t(geometry_.columns);
  job.rows = std::int32_t(geometry_.rows);
  job.row_groups = (job.rows + detail::lane_width - 1) / detail::lane_width;
  job.bins = std::int32_t(bins_);
  job.pairs = pairs.data();
  job.pair_count = std::int32_t(pairs.size());
  job.coefficients = coefficients_.data();
  job.signal = signal;
  job.quanta = quanta;
  job.higher = higher;
  job.higher_stride = stride;
  job.air = air_.cells().data();
  job.bin_air = air_.shares().data();
  job.tube_load = float(load(view));
  job.key[0] = std::uint32_t(noise_.key);
  job.key[1] = std::uint32_t(noise_.key >> 32);
  job.view = std::uint32_t(view);
  job.draw = std::uint32_t(noise_.draw);
  std::vector<float> scratch(detail::count_scratch(job));
  job.scratch = scratch.data();
  job.out = counts;
  job.out_stride = stride;
  detail::count_kernel(isa_, job.row_groups)(job);
}

/// All bins of a cell lose the same share; the spread of what is lost is added to their sum.
void Counting::pile_up(Index view, float* counts, std::ptrdiff_t stride) const {
  constexpr double nothing = 1e-9;  // of the counts
  const PileUpCurve curve(air_.pile_up()->how);
  std::vector<float> normals;
  if (!noiseless_) {
    normals.assign(std::size_t(cells_), 0.0f);
    detail::NormalJob job{};
    job.cells = cells_;
    job.deviation = 1.0f;
    job.key[0] = std::uint32_t(noise_.key);
    job.key[1] = std::uint32_t(noise_.key >> 32);
    job.view = std::uint32_t(view);
    job.draw = std::uint32_t(Draw::electronic);
    job.values = normals.data();
    detail::kernels(isa_).add_normals(job);
  }
  const auto bins = std::ptrdiff_t(bins_);
  for (Index i = 0; i < cells_; ++i) {
    double all = 0.0;
    for (std::ptrdiff_t b = 0; b < bins; ++b) all += double(counts[b * stride + i]);
    const double x = air_.rate(all);
    if (!(x > nothing)) continue;
    double left = all * curve.kept(x);
    if (!noiseless_)
      left += std::sqrt(all * curve.further_variance(x)) * double(normals[std::size_t(i)]);
    const auto share = float(air_.corrected(std::max(left, 0.0)) / all);
    for (std::ptrdiff_t b = 0; b < bins; ++b) counts[b * stride + i] *= share;
  }
}

}  // namespace vitrine::physics

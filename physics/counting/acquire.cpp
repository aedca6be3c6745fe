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

double PileUpCurve::kept(double x) const { return paralysable_ ? math::exp(-x) : 1.0 / (1.0 + x); }

double PileUpCurve::true_rate(double measured) const {
  if (!paralysable_) {
    const double most = 0.99;
    const double y = std::min(measured, most);
    return y / (1.0 - y);
  }
  if (measured >= 1.0 / std::numbers::e) return 1.0;
  // Newton's steps on x exp(-x) = y from below: the curve is concave, so that they rise to x.
  double x = measured;
  for (int step = 0; step < 50; ++step) {
    const double left = math::exp(-x);
    const double change = (measured - x * left) / ((1.0 - x) * left);
    x += change;
    if (std::abs(change) < 1e-12 * x) break;
  }
  return x;
}

double PileUpCurve::further_variance(double x) const {
  // Asymptotic variances of renewal processes (Mueller, Nucl Instr Meth 112 (1973) 47), n the true
  // counts: n / (1 + x)^3, and n e^-x (1 - 2 x e^-x); less the slope's square times n.
  if (!paralysable_) return x / ((1.0 + x) * (1.0 + x) * (1.0 + x) * (1.0 + x));
  const double left = math::exp(-x);
  return std::max(0.0, left * (1.0 - left * (1.0 + x * x)));
}

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

}  // namespace

Counting::Counting(const ScanGeometry& geometry, const Beam& beam, double tube_load,
                   const Stream& noise, Isa isa, Conditions conditions)
    : geometry_(geometry),
      bins_(beam.bins() ? beam.bins()->bins() : 0),
      cells_(geometry.columns * geometry.rows),
      reading_mas_(tube_load / double(geometry.views_per_rotation)),
      noise_(noise),
      isa_(isa),
      modulation_(std::move(conditions.modulation)),
      noiseless_(conditions.noiseless) {
  VITRINE_EXPECT(bins_ > 0);
  require(tube_load > 0.0, Error::Kind::input, "tube_load_mas is ", tube_load,
          " (no quanta without it). Use a positive one.");
  require(modulation_.empty() || std::ssize(modulation_) == geometry.views(), Error::Kind::input,
          "the tube load is given for ", modulation_.size(), " views (the scan has ",
          geometry.views(), ")");
  require(std::ranges::all_of(modulation_, [](double m) { return m > 0.0; }), Error::Kind::input,
          "a view has no tube load (no quanta without it). Raise the smallest tube current.");
  const CountingBins& known = *beam.bins();
  pairs_ = known.pairs();
  coefficients_.assign(known.coefficients().begin(), known.coefficients().end());
  for (Index c = 0; c < geometry.columns; ++c) {
    const double all = known.air(c, {0, bins_});
    for (std::size_t b = 0; b < bins_; ++b)
      bin_air_.push_back(float(known.air(c, {b, b + 1}) / all));
    for (Index r = 0; r < geometry.rows; ++r)
      air_.push_back(float(all * geometry.photon_share(double(c), double(r))));
  }
  const CountingSensor& sensor = *beam.detector().sensor;
  if (!sensor.pile_up || sensor.pile_up->dead_time == 0.0) return;
  loss_ = sensor.pile_up;
  const double pixels = double(sensor.columns * sensor.rows), time = reading_time(geometry);
  rate_of_count_ = loss_->dead_time / (pixels * time);
  double most = 1.0;
  for (const double m : modulation_) most = std::max(most, m);
  const double counts = double(*std::ranges::max_element(air_)) * reading_mas_ * most;
  require(loss_->kind != "paralysable" || rate(counts) < 1.0, Error::Kind::input,
          "the beam without a patient brings ", counts / (pixels * time) * 1e-6,
          " million counts per second to a pixel (with a dead time of ", loss_->dead_time * 1e9,
          " ns a paralysable one counts ever less beyond ", 1e-6 / loss_->dead_time,
          " million). Lower the tube load to ", tube_load / rate(counts),
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
    if (loss_) pile_up(first + v, counts.data() + at, stride);
  });
}

void Counting::expected(Index view, const float* signal, const float* higher, std::ptrdiff_t stride,
                        float* counts) const {
  const auto mas = float(load(view));
  for (Index i = 0; i < cells_; ++i) {
    const float* share = &bin_air_[std::size_t(i / geometry_.rows) * bins_];
    const float lit = air_[std::size_t(i)] * mas;
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
  job.air = air_.data();
  job.bin_air = bin_air_.data();
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

double Counting::corrected(double counts) const {
  if (loss_->correction == 0.0 || counts <= 0.0) return counts;
  const double x = PileUpCurve(*loss_).true_rate(rate(counts));
  return counts + loss_->correction * (x / rate_of_count_ - counts);
}

double Counting::share_of_air(double counts) const {
  if (!loss_ || counts == 0.0) return 1.0;
  return corrected(counts * PileUpCurve(*loss_).kept(rate(counts))) / counts;
}

/// All bins of a cell lose the same share; the spread of what is lost is added to their sum.
void Counting::pile_up(Index view, float* counts, std::ptrdiff_t stride) const {
  constexpr double nothing = 1e-9;  // of the counts
  const PileUpCurve curve(*loss_);
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
    const double x = rate(all);
    if (!(x > nothing)) continue;
    double left = all * curve.kept(x);
    if (!noiseless_)
      left += std::sqrt(all * curve.further_variance(x)) * double(normals[std::size_t(i)]);
    const auto share = float(corrected(std::max(left, 0.0)) / all);
    for (std::ptrdiff_t b = 0; b < bins; ++b) counts[b * stride + i] *= share;
  }
}

void Counting::relative(Index first, Index count, std::span<const float> counts, BinWindow window,
                        std::span<float> signal) const {
  const auto cells = std::size_t(cells_), size = std::size_t(count) * cells;
  VITRINE_EXPECT(counts.size() == bins_ * size && signal.size() == size);
  VITRINE_EXPECT(window.first < window.last && window.last <= bins_);
  parallel_for(count, [&](Index v) {
    const double mas = load(first + v);
    for (Index c = 0; c < geometry_.columns; ++c) {
      const float* share = &bin_air_[std::size_t(c) * bins_];
      double part = 0.0;
      for (std::size_t b = window.first; b < window.last; ++b) part += double(share[b]);
      for (Index r = 0; r < geometry_.rows; ++r) {
        const auto i = std::size_t(c * geometry_.rows + r);
        const double air = double(air_[i]) * mas;
        float sum = 0.0f;
        for (std::size_t b = window.first; b < window.last; ++b)
          sum += counts[b * size + std::size_t(v) * cells + i];
        signal[std::size_t(v) * cells + i] = sum / float(air * part * share_of_air(air));
      }
    }
  });
}

}  // namespace vitrine::physics

#include "vitrine/physics/detect.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/kernels.hpp"

namespace vitrine::physics {
namespace {

constexpr Index chunk = 16;         // cells per step of the hot kernel
constexpr double exact_below = 30;  // quanta: fewer are drawn exactly

/// An exact reading of a cell with few quanta, from an address of its own.
float few_quanta(double signal, double mean, double electronic, const Stream& noise,
                 std::uint64_t view, std::uint64_t cell) {
  Rng rng(noise, (cell + 1) << 32 | view);
  const double quanta = rng.poisson(mean);
  const double counted = mean > 0.0 ? signal * quanta / mean : 0.0;
  return float(counted + electronic * rng.normal());
}

}  // namespace

std::vector<float> air_signals(const ScanGeometry& geometry, const Beam& beam) {
  const bool heel = !beam.heel_rows().empty(), flat = geometry.shape == DetectorShape::flat;
  const Index cells = geometry.columns * geometry.rows;
  std::vector<float> all;
  all.reserve(std::size_t(cells));
  for (Index i = 0; i < cells; ++i) {
    const Index column = i / geometry.rows, row = i % geometry.rows;
    double air = heel ? beam.air_signal(column, double(row)) : beam.air_signal(column);
    if (flat) air *= geometry.photon_share(double(column), double(row));
    all.push_back(float(air));
  }
  return all;
}

Acquisition::Acquisition(const ScanGeometry& geometry, const Beam& beam, double tube_load,
                         const Stream& noise, Isa isa, Conditions conditions)
    : geometry_(geometry),
      views_(geometry.views()),
      cells_(geometry.columns * geometry.rows),
      reading_mas_(tube_load / double(geometry.views_per_rotation)),
      swank_(beam.detector().swank_factor),
      noise_(noise),
      isa_(isa),
      modulation_(std::move(conditions.modulation)),
      noiseless_(conditions.noiseless) {
  require(tube_load > 0.0, Error::Kind::input, "tube_load_mas is ", tube_load,
          " (no quanta without it). Use a positive one.");
  require(modulation_.empty() || std::ssize(modulation_) == views_, Error::Kind::input,
          "the tube load is given for ", modulation_.size(), " views (the scan has ", views_, ")");
  require(std::ranges::all_of(modulation_, [](double m) { return m > 0.0; }), Error::Kind::input,
          "a view has no tube load (no quanta without it). Raise the smallest tube current.");
  const bool heel = !beam.heel_rows().empty(), flat = geometry.shape == DetectorShape::flat;
  air_ = air_signals(geometry, beam);
  const EffectSetting setting{geometry_, beam, air_, noise_, conditions.hardware, noiseless_, isa};
  effects_ = detector_effects(setting);
  if (effects_.empty() && !modulation_.empty() && !noiseless_)
    effects_.push_back(electronic_noise(setting));
  electronic_.assign(std::size_t(cells_), 0.0f);
  if (effects_.empty()) {
    for (Index c = 0; c < geometry.columns; ++c)
      std::fill_n(electronic_.begin() + c * geometry.rows, geometry.rows,
                  float(beam.electronic_noise() / (beam.air_signal(c) * reading_mas_)));
    if (heel || flat)
      for (Index i = 0; i < cells_; ++i) {
        const Index column = i / geometry.rows, row = i % geometry.rows;
        float& here = electronic_[std::size_t(i)];
        if (heel) here *= float(beam.air_signal(column) / beam.air_signal(column, double(row)));
        if (flat) here /= float(geometry.photon_share(double(column), double(row)));
      }
    return;
  }
  calibration_ = air_;
  for (const Effect& effect : effects_) effect->calibrate(calibration_);
  for (float& air : calibration_) air = 1.0f / air;
}

void Acquisition::read(Index first, Index count, std::span<const float> signal,
                       std::span<const float> quanta, std::span<float> readings) {
  const auto size = std::size_t(count * cells_);
  VITRINE_EXPECT(first == next_ && count >= 0 && first + count <= views_);
  VITRINE_EXPECT(signal.size() == size && readings.size() == size);
  VITRINE_EXPECT(noiseless_ || quanta.size() == size);
  if (noiseless_) {
    std::ranges::copy(signal, readings.begin());
  } else {
    parallel_for(count, [&](Index v) {
      const auto at = std::size_t(v * cells_), cells = std::size_t(cells_);
      add_noise(first + v, signal.subspan(at, cells), quanta.subspan(at, cells),
                readings.subspan(at, cells));
    });
  }
  if (!effects_.empty()) run_effects(first, count, readings);
  next_ += count;
}

/// To keV, through the effects, and back to a signal relative to the calibration's air.
void Acquisition::run_effects(Index first, Index count, std::span<float> readings) {
  std::vector<double> loads;
  for (Index v = first; v < first + count; ++v) loads.push_back(load(v));
  const ViewBlock block{geometry_, first, count, loads, readings};
  const auto scale = [&](const std::vector<float>& factor, bool inverse) {
    parallel_for(count, [&](Index v) {
      const double mas = loads[std::size_t(v)];
      const auto times = float(inverse ? 1.0 / mas : mas);
      const auto view = block.view(v);
      for (std::size_t i = 0; i < view.size(); ++i) view[i] *= factor[i] * times;
    });
  };
  scale(air_, false);
  for (const Effect& effect : effects_) effect->apply(block);
  scale(calibration_, true);
  for (const Effect& effect : effects_) effect->correct(block);
}

bool changes_mean(const Detector& d) {
  return d.x_ray_crosstalk || d.optical_crosstalk || d.lag || d.gain_drift || d.dead_cells ||
         d.converter || d.air_scan || d.low_signal;
}

/// One view.
void Acquisition::add_noise(Index view, std::span<const float> signal,
                            std::span<const float> quanta, std::span<float> reading) const {
  const Index whole = cells_ / chunk * chunk;
  std::vector<std::uint8_t> low(std::size_t(cells_ / chunk + 1));
  detail::DetectJob job{};
  job.cells = whole;
  job.signal = signal.data();
  job.quanta = quanta.data();
  job.electronic = electronic_.data();
  job.tube_load = float(load(view) * swank_);
  job.exact_below = float(exact_below);
  job.key[0] = std::uint32_t(noise_.key);
  job.key[1] = std::uint32_t(noise_.key >> 32);
  job.view = std::uint32_t(view);
  job.draw = std::uint32_t(noise_.draw);
  job.out = reading.data();
  job.low = low.data();
  detail::kernels(isa_).detect(job);

  // The last cells of a view whose number is no multiple of 16, and cells with few quanta.
  if (whole < cells_) low.back() = 1;
  for (Index begin = 0; begin < cells_; begin += chunk) {
    if (!low[std::size_t(begin / chunk)]) continue;
    for (Index i = begin; i < std::min(begin + chunk, cells_); ++i) {
      const auto cell = std::size_t(i);
      const float mean = quanta[cell] * job.tube_load;
      if (i < whole && mean >= job.exact_below) continue;
      reading[cell] =
          few_quanta(signal[cell], mean, electronic_[cell], noise_, std::uint64_t(view), cell);
    }
  }
}

void acquire_into(const Exposure& exposure, const Beam& beam, double tube_load, const Stream& noise,
                  Isa isa, Sinogram<quantity::Signal>& out, Conditions conditions) {
  const ScanGeometry& geometry = exposure.signal.geometry();
  Acquisition(geometry, beam, tube_load, noise, isa, std::move(conditions))
      .read(0, geometry.views(), exposure.signal.values(), exposure.quanta.values(), out.values());
}

Sinogram<quantity::Signal> acquire(const Exposure& exposure, const Beam& beam, double tube_load,
                                   const Stream& noise, Isa isa, Conditions conditions) {
  Sinogram<quantity::Signal> out(exposure.signal.geometry());
  acquire_into(exposure, beam, tube_load, noise, isa, out, std::move(conditions));
  return out;
}

}  // namespace vitrine::physics

#include "vitrine/physics/detect.hpp"

#include <algorithm>
#include <cmath>
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

void acquire_into(const Exposure& exposure, const Beam& beam, double tube_load, const Stream& noise,
                  Isa isa, Sinogram<quantity::Signal>& out) {
  const ScanGeometry& geometry = exposure.signal.geometry();
  require(tube_load > 0.0, Error::Kind::input, "tube_load_mas is ", tube_load,
          " (no quanta without it). Use a positive one.");
  VITRINE_EXPECT(out.values().size() == exposure.signal.values().size());
  const double reading_mas = tube_load / double(geometry.views_per_rotation);

  // Electronic noise relative to the unattenuated signal, per cell of a view.
  const Index cells = geometry.columns * geometry.rows, whole = cells / chunk * chunk;
  std::vector<float> electronic;
  electronic.reserve(std::size_t(cells));
  for (Index c = 0; c < geometry.columns; ++c)
    electronic.insert(electronic.end(), std::size_t(geometry.rows),
                      float(beam.electronic_noise() / (beam.air_signal(c) * reading_mas)));
  const bool heel = !beam.heel_rows().empty(), flat = geometry.shape == DetectorShape::flat;
  if (heel || flat)
    for (Index i = 0; i < cells; ++i) {
      const Index column = i / geometry.rows, row = i % geometry.rows;
      float& here = electronic[std::size_t(i)];
      if (heel) here *= float(beam.air_signal(column) / beam.air_signal(column, double(row)));
      if (flat) here /= float(geometry.photon_share(double(column), double(row)));
    }

  const auto& kernel = detail::kernels(isa);
  parallel_for(geometry.views(), [&](std::int64_t v) {
    const auto signal = exposure.signal.view(v);
    const auto quanta = exposure.quanta.view(v);
    const auto reading = out.view(v);
    std::vector<std::uint8_t> low(std::size_t(cells / chunk + 1));
    detail::DetectJob job{};
    job.cells = whole;
    job.signal = signal.data();
    job.quanta = quanta.data();
    job.electronic = electronic.data();
    job.tube_load = float(reading_mas);
    job.exact_below = float(exact_below);
    job.key[0] = std::uint32_t(noise.key);
    job.key[1] = std::uint32_t(noise.key >> 32);
    job.view = std::uint32_t(v);
    job.draw = std::uint32_t(noise.draw);
    job.out = reading.data();
    job.low = low.data();
    kernel.detect(job);

    // The last cells of a view whose number is no multiple of 16, and cells with few quanta.
    if (whole < cells) low.back() = 1;
    for (Index begin = 0; begin < cells; begin += chunk) {
      if (!low[std::size_t(begin / chunk)]) continue;
      for (Index i = begin; i < std::min(begin + chunk, cells); ++i) {
        const auto cell = std::size_t(i);
        const float mean = quanta[cell] * job.tube_load;
        if (i < whole && mean >= job.exact_below) continue;
        reading[cell] =
            few_quanta(signal[cell], mean, electronic[cell], noise, std::uint64_t(v), cell);
      }
    }
  });
}

Sinogram<quantity::Signal> acquire(const Exposure& exposure, const Beam& beam, double tube_load,
                                   const Stream& noise, Isa isa) {
  Sinogram<quantity::Signal> out(exposure.signal.geometry());
  acquire_into(exposure, beam, tube_load, noise, isa, out);
  return out;
}

}  // namespace vitrine::physics

#include <cstddef>
#include <cstdint>

#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/detail/random_lanes.hpp"
#include "vitrine/physics/detail/simd.hpp"

namespace vitrine::physics::VITRINE_ISA_LEVEL {
namespace {

using detail::DetectJob;
using detail::lane_width;

/// The readings of eight cells. Quanta: Cornish and Fisher's expansion, with the mean, variance and
/// third moment of a Poisson number; 1/18 is the variance of its second term.
VITRINE_INLINE Lanes reading(const DetectJob& job, std::ptrdiff_t cell, Lanes quantum,
                             Lanes electronic, bool& low) {
  const Lanes mean = load(job.quanta + cell) * all(job.tube_load);
  low = any(Bits(mean < all(job.exact_below)));
  const Lanes deviation = root(larger(mean - all(1.0f / 18), all(0.0f)));
  const Lanes excess = deviation * quantum + (quantum * quantum - all(1.0f)) * all(1.0f / 6);
  const Lanes signal = load(job.signal + cell);
  return signal + signal * excess / larger(mean, all(1e-30f)) +
         load(job.electronic + cell) * electronic;
}

}  // namespace

/// Cells 16 n to 16 n + 15 use Philox blocks 8 n to 8 n + 7 of the view: the first eight cells
/// their words 0 and 1, the other eight words 2 and 3.
void detect(const DetectJob& job) {
  for (std::int64_t cell = 0; cell < job.cells; cell += 2 * lane_width) {
    const auto block = std::uint32_t(cell / 2);
    Words x[4] = {lane_numbers() + block, Words{} + job.view, Words{}, Words{} + job.draw};
    philox(x, job.key[0], job.key[1]);
    bool low[2];
    for (int half = 0; half < 2; ++half) {
      Lanes quantum, electronic;
      normals(x[2 * half], x[2 * half + 1], quantum, electronic);
      const std::ptrdiff_t at = cell + half * lane_width;
      store(job.out + at, reading(job, at, quantum, electronic, low[half]));
    }
    job.low[cell / (2 * lane_width)] = low[0] || low[1];
  }
}

/// Cells 32 n to 32 n + 31 use Philox blocks 8 n to 8 n + 7 of the view: the first eight cells and
/// the next eight the two normals of their words 0 and 1, the others those of words 2 and 3.
void add_normals(const detail::NormalJob& job) {
  constexpr std::int64_t step = 4 * lane_width;
  for (std::int64_t cell = 0; cell < job.cells; cell += step) {
    const auto block = std::uint32_t(cell / 4);
    Words x[4] = {lane_numbers() + block, Words{} + job.view, Words{}, Words{} + job.draw};
    philox(x, job.key[0], job.key[1]);
    Lanes z[4];
    normals(x[0], x[1], z[0], z[1]);
    normals(x[2], x[3], z[2], z[3]);
    float* values = job.values + cell;
    if (cell + step <= job.cells) {
      for (int i = 0; i < 4; ++i)
        store(values + i * lane_width, load(values + i * lane_width) + all(job.deviation) * z[i]);
      continue;
    }
    float rest[step];
    for (int i = 0; i < 4; ++i) store(rest + i * lane_width, z[i]);
    for (std::int64_t i = 0; i < job.cells - cell; ++i) values[i] += job.deviation * rest[i];
  }
}

}  // namespace vitrine::physics::VITRINE_ISA_LEVEL

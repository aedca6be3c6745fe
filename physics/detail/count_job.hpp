#pragma once
#include <cstddef>
#include <cstdint>

#include "vitrine/core/isa.hpp"
#include "vitrine/physics/detail/kernels.hpp"

/// The boundary to the hot kernel of counts: plain data in, arrays out.
namespace vitrine::physics::detail {

inline constexpr int most_bins = 8;

/// A photon's counts in two bins, of one cell or of two: so many columns and rows apart.
struct PairClass {
  std::int32_t columns, rows;
  std::int32_t first, second;  ///< bins
};

/// One view of a photon-counting detector. Cells: [column][row].
struct CountJob {
  std::int32_t columns, rows, row_groups, bins;
  const PairClass* pairs;
  std::int32_t pair_count;
  /// Per pair 2 `bins` + 1 factors: its rate is their sum times what is expected of the total, of
  /// the variance beyond it, of all bins but the lowest, and the squares of those over the total.
  const float* coefficients;
  const float* signal;           ///< of the total, relative to air
  const float* quanta;           ///< mean^2 / variance, per mAs
  const float* higher;           ///< signals of all bins but the lowest, relative to air
  std::ptrdiff_t higher_stride;  ///< floats from one bin's to the next's
  const float* air;              ///< counts per mAs of each cell with nothing but air in the beam
  const float* bin_air;          ///< [column][bin]: each bin's share of them
  float tube_load;               ///< mAs of the reading
  std::uint32_t key[2], view, draw;
  float* scratch;  ///< count_scratch of them
  float* out;      ///< counts, [bin] with a stride, [cell]
  std::ptrdiff_t out_stride;
};

/// Arrays of a column's rows that a job works with.
inline std::ptrdiff_t count_arrays(const CountJob& job) { return job.pair_count + 7 * job.bins; }
/// Working memory of a job, in floats.
inline std::size_t count_scratch(const CountJob& job) {
  return std::size_t(2 * count_arrays(job) * (job.row_groups + 2) * lane_width);
}

/// The kernel for views of so many groups of rows.
using CountKernel = void (*)(const CountJob&);
CountKernel count_kernel(Isa isa, int row_groups);

}  // namespace vitrine::physics::detail

namespace vitrine::physics::portable {
void count(const detail::CountJob& job);
}
namespace vitrine::physics::v3 {
void count(const detail::CountJob& job);
}
namespace vitrine::physics::v4 {
void count(const detail::CountJob& job);
}

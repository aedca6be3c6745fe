#pragma once
#include <cstdint>

#include "vitrine/core/isa.hpp"

/// The boundary to the hot kernels of scatter in scans.
namespace vitrine::physics::detail {

/// One view: coarse rows of every column to all its cells.
struct ScatterJob {
  std::int64_t columns, rows, coarse_rows;
  const float* mean;     ///< [column][coarse row], keV/mAs
  const float* square;   ///< keV^2/mAs
  const float* weight;   ///< [coarse row][row]
  const float* per_air;  ///< [column][row], mAs/keV
  float share;           ///< to subtract
  float* signal;         ///< [column][row]
  float* quanta;
};

struct ScatterKernels {
  void (*add)(const ScatterJob&);
  void (*subtract)(const ScatterJob&);
};
const ScatterKernels& scatter_kernels(Isa isa);

}  // namespace vitrine::physics::detail

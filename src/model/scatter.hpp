#pragma once
#include <cstdint>
#include <string>

#include "vitrine/core/schema.hpp"

/// Scattered radiation in scans, and what scanners do about it.
namespace vitrine {

/// Opaque septa along z on the detector, which stand in the rays of the focal spot.
struct AntiScatterGrid {
  double ratio = 0.0;         ///< height of the septa over the gap between two; 0: it stops nothing
  double septum_share = 0.0;  ///< thickness of a septum over the distance of their middles
  double transmission = 0.0;  ///< of what meets a septum
  static const Schema<AntiScatterGrid>& schema();
};

/// Photons that reach the detector on detours through the patient.
struct Scatter {
  std::string model = "kernel";  ///< kernel or monte_carlo
  double strength = 1.0;         ///< times what physics says; 0: none
  double correction = 0.0;       ///< share of the smooth estimate that the calibration takes off
  /// Photons through each body of water that kernels are made in; half of them without a grid.
  std::int64_t kernel_histories = 100'000;
  /// Of the Monte Carlo: standard error of a map's cells over their mean, and the most work.
  double precision = 0.05;
  std::int64_t most_histories = 200'000'000;
  static const Schema<Scatter>& schema();
};

}  // namespace vitrine

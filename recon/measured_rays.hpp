#pragma once
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/model/scan.hpp"

namespace vitrine::recon {

/// How uncertain the readings of a scan are. Of a reading s, relative to air, the variance is
/// s / quanta + electronic^2.
struct RayNoise {
  std::vector<double> air_quanta;  ///< per column: equivalent quanta of a reading behind air
  std::vector<double> electronic;  ///< per column: standard deviation over the reading behind air
  std::vector<double> view_load;   ///< tube load of each view over the mean; none: all alike
};

/// Line integrals as the detector saw them, and how uncertain they are.
struct MeasuredRays {
  Sinogram<quantity::LineIntegral> values;
  RayNoise noise;
  /// Of rays that were corrected: what was read, which their uncertainty follows.
  std::optional<Sinogram<quantity::LineIntegral>> read = std::nullopt;
};

/// Statistical weights of a view's rays: the inverse variance of p = -ln(s), that is
/// s^2 / (s / quanta + electronic^2). The reading s = exp(-p) is the mean of 5 x 5 neighbours:
/// weights that follow each reading's own noise would favour readings that are too high.
/// (Thibault et al., Med Phys 34 (2007) 4526, with electronic noise.)
void ray_weights(const MeasuredRays& rays, Index view, Isa isa, std::span<float> weights);

}  // namespace vitrine::recon

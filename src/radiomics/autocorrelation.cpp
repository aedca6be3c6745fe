#include "vitrine/radiomics/detail/autocorrelation.hpp"

#include <cmath>

namespace vitrine::radiomics {

PairSums inverse_distance_sums(const Region& region, double mean) {
  constexpr double pair = 3.2, step = 1.5;  // nanoseconds, measured
  const double n = double(region.voxels.size());
  return step * spectral_steps(region) < pair * n * n / 2 ? spectral_distance_sums(region, mean)
                                                          : paired_distance_sums(region, mean);
}

PairSums paired_distance_sums(const Region& region, double mean) {
  struct Voxel {
    Vec3 centre;
    double deviation;
  };
  std::vector<Voxel> voxels;
  for (std::size_t v = 0; v < region.voxels.size(); ++v) {
    const auto [i, j, k] = region.position(region.voxels[v]);
    voxels.push_back({region.grid.spacing.cwiseProduct(Vec3(double(i), double(j), double(k))),
                      region.hu[v] - mean});
  }
  PairSums sums;
  for (std::size_t a = 0; a < voxels.size(); ++a) {
    double weights = 0, deviations = 0, squares = 0;
    for (std::size_t b = 0; b < a; ++b) {
      const double w = 1 / (voxels[a].centre - voxels[b].centre).norm();
      const double difference = voxels[a].deviation - voxels[b].deviation;
      weights += w;
      deviations += w * voxels[b].deviation;
      squares += w * difference * difference;
    }
    sums.weights += 2 * weights;  // both orders
    sums.products += 2 * voxels[a].deviation * deviations;
    sums.square_differences += 2 * squares;
  }
  return sums;
}

}  // namespace vitrine::radiomics

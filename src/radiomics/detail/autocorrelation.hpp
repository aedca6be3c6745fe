#pragma once
#include <optional>

#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics {

/// Sums over all ordered pairs of different voxels of the intensity mask, with weight w = 1 /
/// distance.
struct PairSums {
  double weights = 0;             ///< sum w [1/mm]
  double products = 0;            ///< sum w (x_i - mean) (x_j - mean)
  double square_differences = 0;  ///< sum w (x_i - x_j)^2
};

/// The sums, exact but for rounding, by whichever way takes less time; nothing if both take too
/// much (above a minute, or half a gigabyte).
std::optional<PairSums> inverse_distance_sums(const Region& region, double mean);

/// Pair by pair: in a time that goes with the square of the voxel count, 0.35 ns a pair.
PairSums paired_distance_sums(const Region& region, double mean);

/// By correlation: two-dimensional Fourier transforms of the slices, and their products slice by
/// slice, since the weights depend on the offset of two voxels alone.
PairSums spectral_distance_sums(const Region& region, double mean);

/// What the latter takes.
struct SpectralCost {
  double bytes = 0, pair_products = 0, butterflies = 0;
};
SpectralCost spectral_cost(const Region& region);

}  // namespace vitrine::radiomics

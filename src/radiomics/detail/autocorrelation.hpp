#pragma once
#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics {

/// Sums over all ordered pairs of different voxels of the intensity mask, with weight w = 1 /
/// distance.
struct PairSums {
  double weights = 0;             ///< sum w [1/mm]
  double products = 0;            ///< sum w (x_i - mean) (x_j - mean)
  double square_differences = 0;  ///< sum w (x_i - x_j)^2
};

/// The sums, exact but for rounding, by whichever way takes less time.
PairSums inverse_distance_sums(const Region& region, double mean);

/// Pair by pair: 3 ns a pair. For few voxels, or few in a large box.
PairSums paired_distance_sums(const Region& region, double mean);

/// By correlation: the weights depend on the offset of two voxels alone, so the sums are those of
/// products of three-dimensional Fourier transforms (Parseval), which need no transform back.
///
/// Takes 16 bytes for each voxel of the region's box, or 16 MiB, and some 3 bytes a voxel more:
/// spectra are made of a few columns at a time.
PairSums spectral_distance_sums(const Region& region, double mean);

/// n log2 n of the frequencies that the latter looks at.
double spectral_steps(const Region& region);

}  // namespace vitrine::radiomics

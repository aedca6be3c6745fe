#pragma once
#include <complex>
#include <vector>

#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine::radiomics {

/// The furthest that a kernel may reach: tiles then fit into memory, eight for each thread.
inline constexpr Index most_plane_half_width = 480;

/// A kernel in the plane of i and j, with g(-x) = conj(g(x)), so that its spectrum is real.
struct PlaneKernel {
  /// It reaches over so many voxels to either side, at most `most_plane_half_width`.
  Index half_i = 0, half_j = 0;
  std::vector<std::complex<double>> values;  ///< (2 half_i + 1) x (2 half_j + 1), i fastest

  std::complex<double> at(Index i, Index j) const {  ///< offsets from the middle
    return values[std::size_t((j + half_j) * (2 * half_i + 1) + i + half_i)];
  }
};

/// Moduli of every slice's responses to the kernels, pooled over these at each voxel (`none` takes
/// one kernel alone).
///
/// Tiles of the padded slices are transformed, eight at once, by floats (relative to the largest
/// response the error is about 1e-6).
Image moduli(const Image& image, const std::vector<PlaneKernel>& kernels, RotationPooling pooling,
             Padding padding, Isa isa);

}  // namespace vitrine::radiomics

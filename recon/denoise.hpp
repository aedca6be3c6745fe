#pragma once
#include "vitrine/core/isa.hpp"
#include "vitrine/core/schema.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::recon {

/// Edge-preserving noise reduction of a finished image, as consoles offer it in steps.
struct Denoise {
  double reduction = 0.3;  ///< share by which the noise of even regions falls
  double contrast = 2.0;   ///< differences of neighbours are kept from this many noise levels on
  static const Schema<Denoise>& schema();
};

/// Median over a slice's even blocks of the standard deviation inside, HU; 0 where nothing varies.
///
/// Blocks of 16 x 16 voxels, those of least variation (a quarter) of each neighbourhood; blocks
/// with voxels outside the field of view do not count.
double noise_level(const Image& image);

/// The image with less noise.
///
/// x minimises sum (x - y)^2 / 2 + lambda sum_pairs b s^2 sqrt(1 + (d / s)^2), s = contrast x
/// sigma, d the difference of two of 26 neighbours, b falling as the inverse square of their
/// distance, sigma the local noise level: small differences are smoothed as by a linear filter,
/// large ones with a pull that no longer grows (a hyperbola, Charbonnier et al., IEEE TIP 6 (1997)
/// 298). What is returned is the mixture of x and y whose noise level is (1 - reduction) of y's.
///
/// A reduction of 0 and an image without noise return the image as it is. Voxels outside the field
/// of view stay. Equal bits for any number of threads. Throws Error (input) where the reduction
/// cannot be reached.
Image denoised(const Image& image, const Denoise& how, Isa isa);

}  // namespace vitrine::recon

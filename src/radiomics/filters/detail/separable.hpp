#pragma once
#include <array>
#include <span>
#include <vector>

#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine::radiomics {

/// The voxel that stands at position `i` of an axis of `size` voxels, or -1 for a zero; any `i`.
Index padded_index(Index i, Index size, Padding padding);

/// Weights along one axis: `taps[t]` is the kernel's value at t - centre. A default one changes
/// nothing.
struct Kernel {
  std::vector<double> taps{1.0};
  Index centre = 0;
  bool operator==(const Kernel&) const = default;
};
/// The kernel at -x.
Kernel reversed(Kernel kernel);
/// Taps in odd number, the middle one at 0.
Kernel centred(std::vector<double> taps);

/// Voxels that a kernel reaches to either side; Error (unsupported) if they are more than `most`:
/// its size in mm and the voxels' do not belong together.
Index kernel_half_width(double voxels, Index most = 2048);

/// One summand of a convolution along an axis.
struct Term {
  const Image* image;
  const Kernel* kernel;
};
/// sum over terms of sum_d kernel(d) image(i - d), along one axis (0, 1, 2: i, j, k). Images are on
/// one grid; taps are summed in double, in order.
Image convolve(std::span<const Term> terms, std::size_t axis, Padding padding, Isa isa);

/// Kernels along i, j and k, applied in this order.
using KernelTriple = std::array<Kernel, 3>;

/// The responses to triples applied one after the other (each pads what the one before left),
/// pooled over rotations that turn all of them alike. Rotations that give the same response, or the
/// opposite one, are convolved once.
Image convolve(const Image& image, std::span<const KernelTriple> stages, Dimensions dimensions,
               RotationPooling pooling, Padding padding, Isa isa);

/// Mean of the square or cube of `support` (odd) voxels along each side around each voxel.
Image box_mean(const Image& image, Index support, Dimensions dimensions, Padding padding, Isa isa);

/// A right-angle rotation: what lies along axis a comes to lie along `axis[a]`, turned round if
/// `flipped[a]`.
struct Rotation {
  std::array<std::size_t, 3> axis;
  std::array<bool, 3> flipped;
};
/// All of them, the identity first: 4 about k, or 24.
std::vector<Rotation> right_angle_rotations(Dimensions dimensions);
KernelTriple rotated(const KernelTriple& kernels, const Rotation& rotation);
/// The image turned, on a grid of permuted size and spacing (its place in space is not kept).
Image rotated(const Image& image, const Rotation& rotation);
Rotation inverse(const Rotation& rotation);

}  // namespace vitrine::radiomics

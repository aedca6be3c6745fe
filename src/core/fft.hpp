#pragma once
#include <complex>
#include <cstddef>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"

namespace vitrine {

/// Discrete Fourier transforms of eight complex sequences at once, one in each vector lane.
///
/// Element k of the batch is 16 floats: eight real parts, then eight imaginary ones; the data must
/// be 64-byte aligned (a Buffer<float> is). Forward: X[k] = sum_j x[j] exp(-2 pi i j k / n); no
/// transform is normalised, so that inverse(forward(x)) = n x. Equal bits for equal `Isa` on every
/// machine.
///
/// Two real sequences travel as the real and the imaginary part of one lane: a filter whose impulse
/// response is real never mixes them, so a convolution needs no unpacking.
class BatchFft {
 public:
  static constexpr std::size_t lanes = 8;
  static constexpr std::size_t element = 2 * lanes;  ///< floats an element

  /// `length` is a power of two from 1 to 2^24.
  explicit BatchFft(std::size_t length);

  std::size_t length() const { return length_; }

  /// In place; frequency k arrives at element `bit_reversed(k)`: enough for a convolution.
  void forward_scrambled(std::span<float> data, Isa isa) const;
  /// In place, from the order that `forward_scrambled` leaves.
  void inverse_scrambled(std::span<float> data, Isa isa) const;

  /// In place, in natural order.
  void forward(std::span<float> data, Isa isa) const;
  void inverse(std::span<float> data, Isa isa) const;

  std::size_t bit_reversed(std::size_t k) const;

 private:
  void reorder(std::span<float> data) const;

  std::size_t length_;
  std::vector<std::vector<float>> twiddles_;
};

enum class FftDirection { forward, inverse };

/// Transforms of one length in double, in place; not normalised. For plans, analyses and
/// synthesis, where precision counts more than speed. Powers of two up to 2^24 are transformed
/// directly; any other length up to 2^23 as a convolution with a chirp (Bluestein 1970): two
/// transforms of the power of two that is next to twice the length.
class Fft {
 public:
  explicit Fft(std::size_t length);
  void operator()(std::span<std::complex<double>> data, FftDirection direction) const;

  std::size_t length() const { return length_; }

 private:
  void transform(std::span<std::complex<double>> data, FftDirection direction) const;
  void convolve_with_chirp(std::span<std::complex<double>> data) const;

  std::size_t length_;
  std::vector<std::complex<double>> roots_;  ///< of the power of two that is transformed
  std::vector<std::size_t> reversed_;
  std::vector<std::complex<double>> chirp_;     ///< exp(-i pi k^2 / length); none for powers of two
  std::vector<std::complex<double>> spectrum_;  ///< of its inverse, over the power of two
};

/// One transform of that kind.
void fft(std::span<std::complex<double>> data, FftDirection direction);

}  // namespace vitrine

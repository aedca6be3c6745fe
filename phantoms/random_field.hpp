#pragma once
#include <array>
#include <complex>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::phantoms {

/// How the power of a random field is spread over wave vectors.
struct Spectrum {
  enum class Kind {
    gaussian,   ///< covariance exp(-x^2/2a^2 - y^2/2b^2 - z^2/2c^2)
    power_law,  ///< f^-exponent for low <= f <= high, nothing outside
  };
  Kind kind = Kind::gaussian;
  Vec3 lengths = Vec3::Ones();  ///< (a, b, c), mm
  double exponent = 3.0;
  double low = 0.0, high = 1.0;  ///< 1/mm

  static Spectrum gaussian(const Vec3& lengths) { return {.lengths = lengths}; }
  /// Wavelengths in mm.
  static Spectrum power_law(double exponent, double finest, double coarsest) {
    return {Kind::power_law, Vec3::Ones(), exponent, 1.0 / coarsest, 1.0 / finest};
  }

  /// Relative power per volume of wave vectors at `f` (1/mm).
  double operator()(const Vec3& f) const;
  /// The mean over the box of wave vectors of sides `cell` about zero.
  double about_zero(const Vec3& cell) const;
};

/// A Gaussian random field on a lattice that repeats after `size` points along each axis: the sum
/// of the waves that fit into a period, with random amplitudes (spectral synthesis).
///
/// Real and imaginary part are independent, each of mean 0 and variance 1 over the ensemble. Any
/// planes of it can be made without the others.
class PeriodicField {
 public:
  /// Sizes are powers of two; `spacing` in mm.
  PeriodicField(const Spectrum& spectrum, std::array<Index, 3> size, const Vec3& spacing, Rng rng);

  /// The planes first, first + 1, ... along the third axis (modulo the period), i fastest. The same
  /// bits for every thread count and every choice of planes.
  std::vector<std::complex<float>> planes(Index first, Index count) const;

  /// What trilinear interpolation leaves of the variance, averaged over positions.
  double interpolated_variance() const { return interpolated_variance_; }
  const std::array<Index, 3>& size() const { return size_; }

 private:
  double power(Index i, Index j, Index k) const;

  Spectrum spectrum_;
  std::array<Index, 3> size_;
  Vec3 cell_;  // between neighbouring wave vectors, 1/mm
  Stream stream_;
  double total_ = 0.0, interpolated_variance_ = 1.0;
};

/// A random field at a grid's points, mean 0 and variance 1 over the ensemble, and what
/// interpolation leaves of the variance. Its period is longer than the grid.
struct FieldOnGrid {
  std::vector<float> values;
  double interpolated_variance = 1.0;
};
FieldOnGrid random_field(const Grid& grid, const Spectrum& spectrum, Rng rng);

}  // namespace vitrine::phantoms

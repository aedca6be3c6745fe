#pragma once
#include <cstddef>
#include <span>
#include <vector>

#include "vitrine/model/counting_sensor.hpp"

namespace vitrine::physics {

/// Where the two counts of a pair are: in one cell, or in cells next to each other.
enum class PairOf : std::size_t { cell, columns, rows, diagonal, antidiagonal };
inline constexpr std::size_t pair_kinds = 5;

/// What one photon that meets a photon-counting detector is counted as, by its energy.
///
/// A photon arrives somewhere on a cell, is absorbed at some depth, and leaves its charge there,
/// but for what fluorescence and Compton scatter carry to another place or out of the sensor. The
/// charge spreads as a Gaussian over the pixels; a pixel whose share, with noise, exceeds a
/// threshold counts one. One photon may so be counted in several pixels: `pairs` are the expected
/// numbers of pairs of its counts, from which the covariances follow (docs/methods/counting.md).
class CountingResponse {
 public:
  /// Cells of `column_pitch` x `row_pitch` mm. `points` of the lattice that each energy's integrals
  /// are sums over: 1024 are right to 0.5 % for a spectrum of 200 energies, a single one needs
  /// more.
  CountingResponse(const CountingSensor& sensor, double column_pitch, double row_pitch,
                   std::span<const double> energies, std::size_t points = 1024);

  std::size_t bins() const { return bins_; }
  /// Counts of bin b, anywhere, by a photon of energy e; or, of cells that are evenly lit, in one
  /// cell by each photon that meets one.
  double counts(std::size_t e, std::size_t b) const { return counts_[e * bins_ + b]; }
  /// Pairs of a count in bin b and another in bin c. In one cell: unordered, and held with b <= c
  /// (0 else). In two: b in a cell, and c in that of the next column, the next row, both, or the
  /// next column and the last row.
  double pairs(std::size_t e, PairOf kind, std::size_t b, std::size_t c) const {
    return pairs_[((e * pair_kinds + std::size_t(kind)) * bins_ + b) * bins_ + c];
  }
  /// Counts in all bins.
  double total(std::size_t e) const;
  /// Variance of the counts of a large area for each photon that meets it: the counts and all their
  /// pairs twice. The counts' square over it is the number of photons that the counts are worth.
  double variance(std::size_t e) const;

 private:
  void make_even(std::size_t e);
  std::size_t bins_;
  std::vector<double> counts_, pairs_;
};

}  // namespace vitrine::physics

#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vitrine/model/counting_sensor.hpp"
#include "vitrine/model/scan.hpp"

namespace vitrine::physics {

/// Mean counts that pile-up leaves, and what its correction makes of counts. `true_rate` is that of
/// one pixel, times the dead time.
class PileUpCurve {
 public:
  explicit PileUpCurve(const PileUp& how) : paralysable_(how.kind == "paralysable") {}
  /// Counts that are left of one, at a true rate x: exp(-x), or 1 / (1 + x).
  double kept(double true_rate) const;
  /// The true rate that leaves so many counts in a dead time; that of the maximum (1 / e), or of
  /// 99 % of the limit (1), where there is none.
  double true_rate(double measured) const;
  /// Variance of the counts beyond that of the curve's slope, over the true counts.
  double further_variance(double true_rate) const;
  bool paralysable() const { return paralysable_; }

 private:
  bool paralysable_;
};

/// Pulses that come too close in the readings of one scan.
struct PileUpOfReading {
  PileUp how;
  double rate_of_count = 0.0;  ///< true rate of a pixel times the dead time, by a cell's counts
};

/// What a photon-counting scanner counts with nothing but air in the beam: what a scan's counts are
/// divided by.
class AirCounts {
 public:
  /// `per_mas`: counts of each bin, [column][bin], of a cell that faces the source; `loads`: mAs of
  /// each view's reading.
  AirCounts(const ScanGeometry& geometry, std::size_t bins, std::span<const double> per_mas,
            std::vector<double> loads, std::optional<PileUpOfReading> pile_up);

  std::size_t bins() const { return bins_; }
  std::span<const double> per_mas() const { return per_mas_; }
  std::span<const double> loads() const { return loads_; }
  const std::optional<PileUpOfReading>& pile_up() const { return pile_up_; }
  /// Counts of all bins per mAs, of each cell; and the share of each bin, [column][bin].
  std::span<const float> cells() const { return cells_; }
  std::span<const float> shares() const { return shares_; }

  /// Counts that the correction of pile-up makes of those that are left.
  double corrected(double counts) const;
  double rate(double counts) const { return counts * pile_up_->rate_of_count; }

  /// Of views `first` to `first + count`: counts of some bins over what they are with nothing but
  /// air in the beam. `counts`: [bin][view][cell]. Equal bits for any number of threads.
  void relative(Index first, Index count, std::span<const float> counts, BinWindow window,
                std::span<float> signal) const;

 private:
  double share_of_air(double counts) const;

  Index columns_, rows_;
  std::size_t bins_;
  std::vector<double> per_mas_, loads_;
  std::optional<PileUpOfReading> pile_up_;
  std::vector<float> cells_, shares_;
};

}  // namespace vitrine::physics

#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/detect.hpp"

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

/// One noisy scan of a photon-counting detector at one tube load, a block of views at a time.
///
/// What a photon counts in is drawn as independent Poisson numbers of single counts and of pairs
/// (docs/methods/counting.md), so that bins and neighbours have the covariances of the response,
/// and few counts are whole numbers. Cell and view have their own address of `noise`: nothing
/// depends on threads and blocks.
class Counting {
 public:
  /// Throws Error for a tube load that is not positive, for pile-up without view times, and where
  /// the beam without a patient would paralyse the pixels.
  Counting(const ScanGeometry& geometry, const Beam& beam, double tube_load, const Stream& noise,
           Isa isa, Conditions conditions = {});

  std::size_t bins() const { return bins_; }
  bool noiseless() const { return noiseless_; }  ///< what it reads is expected, not drawn

  /// The counts of views `first` to `first + count`, corrected for pile-up: [bin][view][cell].
  /// `signal`, `quanta` and `higher` are those of an Exposure.
  void read(Index first, Index count, std::span<const float> signal, std::span<const float> quanta,
            std::span<const float> higher, std::span<float> counts) const;
  /// Counts of some bins over what they are with nothing but air in the beam.
  void relative(Index first, Index count, std::span<const float> counts, BinWindow window,
                std::span<float> signal) const;

 private:
  double load(Index view) const {
    return modulation_.empty() ? reading_mas_ : reading_mas_ * modulation_[std::size_t(view)];
  }
  void expected(Index view, const float* signal, const float* higher, std::ptrdiff_t stride,
                float* counts) const;
  void draw(Index view, const float* signal, const float* quanta, const float* higher,
            std::ptrdiff_t stride, float* counts) const;
  void pile_up(Index view, float* counts, std::ptrdiff_t stride) const;
  double corrected(double counts) const;
  /// Of true counts in one reading, the share that is left after pile-up and correction.
  double share_of_air(double counts) const;
  /// True rate of a pixel times the dead time, by the counts of a cell.
  double rate(double counts) const { return counts * rate_of_count_; }

  ScanGeometry geometry_;
  std::size_t bins_;
  Index cells_;
  double reading_mas_;
  Stream noise_;
  Isa isa_;
  std::vector<double> modulation_;
  bool noiseless_;
  std::optional<PileUp> loss_;
  double rate_of_count_ = 0.0;
  std::vector<BinPair> pairs_;
  std::vector<float> coefficients_;
  std::vector<float> air_;      ///< counts per mAs, per cell
  std::vector<float> bin_air_;  ///< share of each bin, [column][bin]
};

}  // namespace vitrine::physics

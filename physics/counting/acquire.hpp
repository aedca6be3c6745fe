#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/physics/beam.hpp"
#include "vitrine/physics/counting/air_counts.hpp"
#include "vitrine/physics/detect.hpp"

namespace vitrine::physics {

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
  /// What readings are relative to.
  const AirCounts& air() const { return air_; }

 private:
  double load(Index view) const { return air_.loads()[std::size_t(view)]; }
  void expected(Index view, const float* signal, const float* higher, std::ptrdiff_t stride,
                float* counts) const;
  void draw(Index view, const float* signal, const float* quanta, const float* higher,
            std::ptrdiff_t stride, float* counts) const;
  void pile_up(Index view, float* counts, std::ptrdiff_t stride) const;

  ScanGeometry geometry_;
  std::size_t bins_;
  Index cells_;
  Stream noise_;
  Isa isa_;
  bool noiseless_;
  std::vector<BinPair> pairs_;
  std::vector<float> coefficients_;
  AirCounts air_;
};

}  // namespace vitrine::physics

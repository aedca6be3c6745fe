#pragma once
#include <span>

#include "vitrine/core/buffer.hpp"
#include "vitrine/physics/counting/air_counts.hpp"
#include "vitrine/recon/decomposition.hpp"
#include "vitrine/recon/spectral.hpp"

namespace vitrine::recon {

/// What images are made of the counts of a block of views: readings of some bins, or line integrals
/// of a spectral image; counts are parted into basis materials once for all of these.
class CountedViews {
 public:
  /// `decomposition`: null without spectral images. All that is given must live as long as this.
  CountedViews(const ScanGeometry& geometry, const physics::AirCounts& air,
               const MaterialDecomposition* decomposition, Readings kind, Isa isa)
      : geometry_(geometry), air_(air), decomposition_(decomposition), kind_(kind), isa_(isa) {}

  /// The next block, [bin][view][cell], which must live until there is another.
  void take(Index first, Index count, std::span<const float> counts);
  Index first() const { return first_; }
  Index count() const { return count_; }

  /// Readings of some bins, relative to air; line integrals of an image. [view][cell].
  void read(BinWindow window, std::span<float> readings) const;
  void combine(const SpectralImage& image, std::span<float> lines);

 private:
  const ScanGeometry& geometry_;
  const physics::AirCounts& air_;
  const MaterialDecomposition* decomposition_;
  Readings kind_;
  Isa isa_;
  Index first_ = -1, count_ = 0;
  std::span<const float> counts_;
  Buffer<float> readings_, amounts_;
  bool parted_ = false;
};

}  // namespace vitrine::recon

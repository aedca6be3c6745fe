#pragma once
#include <span>
#include <utility>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/physics/counting/acquire.hpp"
#include "vitrine/recon/decomposition.hpp"

namespace vitrine::trial::detail {

/// What the rays of some views bring to a detector: signal, quanta, and of a photon-counting beam
/// the signals of its bins but the lowest, [bin][view][cell].
struct TracedBlock {
  Index first = 0, count = 0;  ///< views
  std::span<const float> signal, quanta, higher;
};

/// The counts of one scan, drawn once for all series that are made of a block of views, and parted
/// into basis materials once for all spectral ones.
class CountedBlocks {
 public:
  /// `decomposition`: null without spectral images; `loads`: tube load of each view, mAs.
  CountedBlocks(physics::Counting counting, const ScanGeometry& geometry,
                const recon::MaterialDecomposition* decomposition, std::vector<double> loads,
                Isa isa)
      : counting_(std::move(counting)),
        geometry_(geometry),
        decomposition_(decomposition),
        loads_(std::move(loads)),
        isa_(isa) {}

  /// Readings of some bins, relative to air.
  void read(const TracedBlock& block, BinWindow window, std::span<float> readings) {
    draw(block);
    counting_.relative(first_, count_, counts(block), window, readings);
  }

  /// Line integrals of a spectral image.
  void combine(const TracedBlock& block, const recon::SpectralImage& image,
               std::span<float> lines) {
    draw(block);
    const std::size_t size = block.signal.size(), bins = counting_.bins();
    if (amounts_.size() < 2 * size) amounts_ = Buffer<float>(2 * size);
    const auto water = amounts_.span().first(size), second = amounts_.span().subspan(size, size);
    if (!parted_) {
      if (readings_.size() < bins * size) readings_ = Buffer<float>(bins * size);
      for (std::size_t b = 0; b < bins; ++b)
        counting_.relative(first_, count_, counts(block), {b, b + 1},
                           readings_.span().subspan(b * size, size));
      (*decomposition_)(geometry_,
                        std::span(loads_).subspan(std::size_t(first_), std::size_t(count_)),
                        readings_.span().first(bins * size),
                        counting_.noiseless() ? recon::Readings::expected : recon::Readings::drawn,
                        isa_, water, second);
      parted_ = true;
    }
    recon::combine(image, water, second, lines);
  }

 private:
  void draw(const TracedBlock& block) {
    if (block.first != first_ || block.count != count_) {
      const std::size_t size = counting_.bins() * block.signal.size();
      if (counts_.size() < size) counts_ = Buffer<float>(size);
      parted_ = false;
      first_ = block.first;
      count_ = block.count;
      counting_.read(first_, count_, block.signal, block.quanta, block.higher,
                     counts_.span().first(size));
    }
  }
  std::span<const float> counts(const TracedBlock& block) const {
    return counts_.span().first(counting_.bins() * block.signal.size());
  }

  physics::Counting counting_;
  const ScanGeometry& geometry_;
  const recon::MaterialDecomposition* decomposition_;
  std::vector<double> loads_;
  Isa isa_;
  Index first_ = -1, count_ = 0;
  Buffer<float> counts_, readings_, amounts_;
  bool parted_ = false;
};

}  // namespace vitrine::trial::detail

#pragma once
#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/counting/acquire.hpp"
#include "vitrine/recon/counted_views.hpp"
#include "vitrine/trial/sink.hpp"

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
  /// `decomposition`: null without spectral images.
  CountedBlocks(physics::Counting counting, const ScanGeometry& geometry,
                const recon::MaterialDecomposition* decomposition, Isa isa)
      : counting_(std::move(counting)),
        views_(geometry, counting_.air(), decomposition,
               counting_.noiseless() ? recon::Readings::expected : recon::Readings::drawn, isa) {}
  CountedBlocks(const CountedBlocks&) = delete;
  CountedBlocks& operator=(const CountedBlocks&) = delete;

  const physics::AirCounts& air() const { return counting_.air(); }
  /// Where the counts go as they are drawn: all bins of a view after those of another.
  void keep(std::unique_ptr<RawData> raw) { raw_ = std::move(raw); }
  std::vector<FileRecord> files() {
    return raw_ ? std::exchange(raw_, nullptr)->finish() : std::vector<FileRecord>{};
  }

  /// Readings of some bins, relative to air.
  void read(const TracedBlock& block, BinWindow window, std::span<float> readings) {
    draw(block);
    views_.read(window, readings);
  }

  /// Line integrals of a spectral image.
  void combine(const TracedBlock& block, const recon::SpectralImage& image,
               std::span<float> lines) {
    draw(block);
    views_.combine(image, lines);
  }

 private:
  void draw(const TracedBlock& block) {
    if (block.first == views_.first() && block.count == views_.count()) return;
    const std::size_t bins = counting_.bins(), size = block.signal.size();
    if (counts_.size() < bins * size) counts_ = Buffer<float>(bins * size);
    const auto counts = counts_.span().first(bins * size);
    counting_.read(block.first, block.count, block.signal, block.quanta, block.higher, counts);
    views_.take(block.first, block.count, counts);
    if (!raw_) return;
    const std::size_t cells = size / std::size_t(block.count);
    if (by_view_.size() < bins * size) by_view_ = Buffer<float>(bins * size);
    const auto by_view = by_view_.span().first(bins * size);
    parallel_for(block.count, [&](Index v) {
      for (std::size_t b = 0; b < bins; ++b)
        std::ranges::copy(counts.subspan(b * size + std::size_t(v) * cells, cells),
                          by_view.begin() + std::ptrdiff_t((std::size_t(v) * bins + b) * cells));
    });
    raw_->views(by_view);
  }

  physics::Counting counting_;
  recon::CountedViews views_;
  Buffer<float> counts_, by_view_;
  std::unique_ptr<RawData> raw_;
};

}  // namespace vitrine::trial::detail

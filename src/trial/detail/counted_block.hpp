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
#include "vitrine/trial/detail/shared_readings.hpp"

namespace vitrine::trial::detail {

/// The counts of one scan.
class CountedBlocks final : public SharedReadings {
 public:
  /// `decomposition`: null without spectral images.
  CountedBlocks(physics::Counting counting, const ScanGeometry& geometry,
                const recon::MaterialDecomposition* decomposition, Isa isa)
      : counting_(std::move(counting)),
        views_(geometry, counting_.air(), decomposition,
               counting_.noiseless() ? recon::Readings::expected : recon::Readings::drawn, isa) {}

  const physics::AirCounts& air() const { return counting_.air(); }
  /// Where the counts go as they are drawn: all bins of a view after those of another.
  void keep(std::unique_ptr<RawData> raw) { raw_ = std::move(raw); }
  std::vector<FileRecord> files() override {
    return raw_ ? std::exchange(raw_, nullptr)->finish() : std::vector<FileRecord>{};
  }

  void read(const TracedBlock& block, const Series& series, std::span<float> out) override {
    draw(block);
    if (series.spectral)
      views_.combine(*series.spectral, out);
    else
      views_.read(series.window, out);
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

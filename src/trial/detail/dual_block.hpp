#pragma once
#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/trial/detail/shared_readings.hpp"

namespace vitrine::trial::detail {

/// The readings of two scans of the same rays at different tube voltages.
class DualBlocks final : public SharedReadings {
 public:
  /// A scan without an acquisition reads what its rays bring. `decomposition`: null without
  /// spectral images; `loads`: mAs of each reading of the first.
  DualBlocks(std::array<std::optional<physics::Acquisition>, 2> acquisitions,
             const ScanGeometry& geometry, const recon::MaterialDecomposition* decomposition,
             std::vector<double> loads, recon::Readings kind, Isa isa)
      : acquisitions_(std::move(acquisitions)),
        geometry_(geometry),
        decomposition_(decomposition),
        loads_(std::move(loads)),
        kind_(kind),
        isa_(isa) {}

  void read(const TracedBlock& block, const Series& series, std::span<float> out) override {
    make(block);
    const std::size_t size = block.signal.size();
    if (!series.spectral) {
      std::ranges::copy(readings_.span().subspan(series.window.first * size, size), out.begin());
      return;
    }
    const auto water = amounts_.span().first(size), second = amounts_.span().subspan(size, size);
    if (!parted_)
      (*decomposition_)(geometry_,
                        std::span(loads_).subspan(std::size_t(first_), std::size_t(count_)),
                        readings_.span().first(2 * size), kind_, isa_, water, second);
    parted_ = true;
    recon::combine(*series.spectral, water, second, out);
  }

 private:
  void make(const TracedBlock& block) {
    if (block.first == first_ && block.count == count_) return;
    first_ = block.first;
    count_ = block.count;
    parted_ = false;
    const std::size_t size = block.signal.size();
    if (readings_.size() < 2 * size) {
      readings_ = Buffer<float>(2 * size);
      amounts_ = Buffer<float>(2 * size);
    }
    const std::array signals{block.signal, block.higher.first(size)};
    const std::array quanta{block.quanta, block.higher.subspan(size, size)};
    for (std::size_t s = 0; s < 2; ++s) {
      const auto here = readings_.span().subspan(s * size, size);
      if (acquisitions_[s])
        acquisitions_[s]->read(first_, count_, signals[s], quanta[s], here);
      else
        std::ranges::copy(signals[s], here.begin());
    }
  }

  std::array<std::optional<physics::Acquisition>, 2> acquisitions_;
  const ScanGeometry& geometry_;
  const recon::MaterialDecomposition* decomposition_;
  std::vector<double> loads_;
  recon::Readings kind_;
  Isa isa_;
  Index first_ = -1, count_ = 0;
  Buffer<float> readings_, amounts_;
  bool parted_ = false;
};

}  // namespace vitrine::trial::detail

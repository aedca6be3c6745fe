#pragma once
#include <span>
#include <utility>

#include "vitrine/core/buffer.hpp"
#include "vitrine/physics/counting/acquire.hpp"

namespace vitrine::trial::detail {

/// What the rays of some views bring to a detector: signal, quanta, and of a photon-counting beam
/// the signals of its bins but the lowest, [bin][view][cell].
struct TracedBlock {
  Index first = 0, count = 0;  ///< views
  std::span<const float> signal, quanta, higher;
};

/// The counts of one scan, drawn once for all series that are made of a block of views.
class CountedBlocks {
 public:
  explicit CountedBlocks(physics::Counting counting) : counting_(std::move(counting)) {}

  /// Readings of some bins, relative to air.
  void read(const TracedBlock& block, BinWindow window, std::span<float> readings) {
    if (block.first != first_ || block.count != count_) {
      const std::size_t size = counting_.bins() * block.signal.size();
      if (counts_.size() < size) counts_ = Buffer<float>(size);
      first_ = block.first;
      count_ = block.count;
      counting_.read(first_, count_, block.signal, block.quanta, block.higher,
                     counts_.span().first(size));
    }
    counting_.relative(first_, count_,
                       std::as_const(counts_).span().first(counting_.bins() * block.signal.size()),
                       window, readings);
  }

 private:
  physics::Counting counting_;
  Index first_ = -1, count_ = 0;
  Buffer<float> counts_;
};

}  // namespace vitrine::trial::detail

#pragma once
#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "vitrine/model/scan.hpp"

namespace vitrine::physics::detail {

/// Every reading as the middles of `sub_views` equal parts of its time.
ScanGeometry refined(const ScanGeometry& geometry, Index sub_views);

/// Some of a geometry's views, and some that follow each other.
ScanGeometry part_of(const ScanGeometry& geometry, std::span<const Index> views);
ScanGeometry part_of(const ScanGeometry& geometry, Index first, Index count);

/// Mean signal of some sub-views and how many quanta that is worth: variances add as signals do.
/// Further signals have a mean alone.
class Blur {
 public:
  Blur(std::size_t cells, std::size_t further)
      : signal_(cells), quanta_(cells), higher_(further * cells) {}
  float* signal() { return signal_.data(); }
  float* quanta() { return quanta_.data(); }
  float* higher() { return higher_.empty() ? nullptr : higher_.data(); }

  /// Further signals of a view, `stride` floats from one to the next.
  struct Further {
    float* first = nullptr;
    std::ptrdiff_t stride = 0;
  };
  void start(std::span<float> mean, std::span<float> variance, const Further& higher) const {
    std::ranges::fill(mean, 0.0f);
    std::ranges::fill(variance, 0.0f);
    each(higher, [](float& sum, float) { sum = 0.0f; });
  }
  void add_to(std::span<float> mean, std::span<float> variance, const Further& higher) const {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += signal_[i];
      variance[i] += signal_[i] * signal_[i] / quanta_[i];
    }
    each(higher, [](float& sum, float value) { sum += value; });
  }
  void finish(std::span<float> mean, std::span<float> variance, const Further& higher,
              Index sub_views) const {
    const float share = 1.0f / float(sub_views);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] *= share;
      variance[i] = mean[i] * mean[i] / (variance[i] * share);
    }
    each(higher, [share](float& sum, float) { sum *= share; });
  }

 private:
  template <class Change>
  void each(const Further& higher, const Change& change) const {
    const std::size_t cells = signal_.size();
    for (std::size_t i = 0; i < higher_.size(); ++i)
      change(higher.first[std::ptrdiff_t(i / cells) * higher.stride + std::ptrdiff_t(i % cells)],
             higher_[i]);
  }
  std::vector<float> signal_, quanta_, higher_;
};

}  // namespace vitrine::physics::detail

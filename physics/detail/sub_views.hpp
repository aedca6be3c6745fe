#pragma once
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
class Blur {
 public:
  explicit Blur(std::size_t cells) : signal_(cells), quanta_(cells) {}
  float* signal() { return signal_.data(); }
  float* quanta() { return quanta_.data(); }

  void add_to(std::span<float> mean, std::span<float> variance) const {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += signal_[i];
      variance[i] += signal_[i] * signal_[i] / quanta_[i];
    }
  }
  static void finish(std::span<float> mean, std::span<float> variance, Index sub_views) {
    const float share = 1.0f / float(sub_views);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] *= share;
      variance[i] = mean[i] * mean[i] / (variance[i] * share);
    }
  }

 private:
  std::vector<float> signal_, quanta_;
};

}  // namespace vitrine::physics::detail

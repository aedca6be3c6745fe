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
/// Of further outputs those of energy bins are signals, which have a mean alone; those of other
/// beams are pairs of signal and quanta.
class Blur {
 public:
  Blur(std::size_t cells, std::size_t further, bool pairs)
      : pairs_(pairs), signal_(cells), quanta_(cells), higher_(further * cells) {}
  float* signal() { return signal_.data(); }
  float* quanta() { return quanta_.data(); }
  float* higher() { return higher_.empty() ? nullptr : higher_.data(); }

  /// Further outputs of a view, `stride` floats from one to the next.
  struct Further {
    float* first = nullptr;
    std::ptrdiff_t stride = 0;
  };
  void start(std::span<float> mean, std::span<float> variance, const Further& higher) const {
    std::ranges::fill(mean, 0.0f);
    std::ranges::fill(variance, 0.0f);
    for (std::size_t i = 0; i < further(); ++i) std::ranges::fill(output(higher, i), 0.0f);
  }
  void add_to(std::span<float> mean, std::span<float> variance, const Further& higher) const {
    add_pair(signal_, quanta_, mean, variance);
    for (std::size_t i = 0; i < further(); ++i) {
      const auto sum = output(higher, i);
      if (!pairs_)
        for (std::size_t c = 0; c < sum.size(); ++c) sum[c] += own(i)[c];
      else if (i % 2 == 0)
        add_pair(own(i), own(i + 1), sum, output(higher, i + 1));
    }
  }
  void finish(std::span<float> mean, std::span<float> variance, const Further& higher,
              Index sub_views) const {
    const float share = 1.0f / float(sub_views);
    finish_pair(mean, variance, share);
    for (std::size_t i = 0; i < further(); ++i) {
      if (!pairs_)
        for (float& sum : output(higher, i)) sum *= share;
      else if (i % 2 == 0)
        finish_pair(output(higher, i), output(higher, i + 1), share);
    }
  }

 private:
  std::size_t further() const { return higher_.size() / signal_.size(); }
  std::span<const float> own(std::size_t i) const {
    return std::span(higher_).subspan(i * signal_.size(), signal_.size());
  }
  std::span<float> output(const Further& higher, std::size_t i) const {
    return {higher.first + std::ptrdiff_t(i) * higher.stride, signal_.size()};
  }
  static void add_pair(std::span<const float> signal, std::span<const float> quanta,
                       std::span<float> mean, std::span<float> variance) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += signal[i];
      variance[i] += signal[i] * signal[i] / quanta[i];
    }
  }
  static void finish_pair(std::span<float> mean, std::span<float> variance, float share) {
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] *= share;
      variance[i] = mean[i] * mean[i] / (variance[i] * share);
    }
  }

  bool pairs_;
  std::vector<float> signal_, quanta_, higher_;
};

}  // namespace vitrine::physics::detail

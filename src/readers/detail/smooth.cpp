#include "vitrine/readers/detail/smooth.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::readers::detail {
namespace {

/// Weights of a voxel and those on one side of it; all of them, both sides, sum to 1.
std::vector<float> taps(double sigma, double spacing) {
  const auto reach = Index(std::ceil(4.0 * sigma / spacing));
  std::vector<double> w;
  double sum = 0.0;
  for (Index t = 0; t <= reach; ++t) {
    const double x = spacing * double(t) / sigma;
    w.push_back(math::exp(-0.5 * x * x));
    sum += t == 0 ? w.back() : 2.0 * w.back();
  }
  std::vector<float> scaled;
  for (const double one : w) scaled.push_back(float(one / sum));
  return scaled;
}

/// Along one axis: row t of the result is a weighted sum of rows, where a row is a run of i (for
/// j and k) so that the inner loop is over neighbours in memory.
void along(Image& image, std::size_t axis, double sigma) {
  const auto& size = image.grid().size;
  const std::vector<float> w = taps(sigma, image.grid().spacing[Index(axis)]);
  const Index n = size[axis];
  if (n == 1 || w.size() == 1) return;
  const std::array<Index, 3> stride{1, size[0], size[0] * size[1]};
  const Index run = axis == 0 ? 1 : size[0];
  const Index lines = axis == 0 ? size[1] * size[2] : axis == 1 ? size[2] : size[1];
  const Index line_stride = axis == 0 ? size[0] : axis == 1 ? stride[2] : stride[1];
  parallel_for(lines, [&](Index line) {
    float* start = image.values().data() + line * line_stride;
    std::vector<float> before(static_cast<std::size_t>(n * run));
    for (Index t = 0; t < n; ++t)
      std::copy_n(start + t * stride[axis], run, before.data() + t * run);
    std::vector<float> sum(static_cast<std::size_t>(run));
    for (Index t = 0; t < n; ++t) {
      std::fill(sum.begin(), sum.end(), 0.0F);
      for (Index d = 0; d < std::ssize(w); ++d) {
        const float* low = before.data() + std::max<Index>(t - d, 0) * run;
        const float* high = before.data() + std::min(t + d, n - 1) * run;
        const float weight = w[std::size_t(d)];
        if (d == 0)
          for (Index i = 0; i < run; ++i) sum[std::size_t(i)] = weight * low[i];
        else
          for (Index i = 0; i < run; ++i) sum[std::size_t(i)] += weight * (low[i] + high[i]);
      }
      std::copy_n(sum.data(), run, start + t * stride[axis]);
    }
  });
}

}  // namespace

Image smoothed(const Image& image, double sigma) {
  Image out = image;
  for (std::size_t axis = 0; axis < 3; ++axis) along(out, axis, sigma);
  return out;
}

}  // namespace vitrine::readers::detail

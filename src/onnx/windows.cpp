#include "vitrine/onnx/windows.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::onnx {
namespace {

std::vector<Index> starts_along(Index image, Index window, double overlap) {
  const Index step = std::max(Index(1), Index(std::lround(double(window) * (1.0 - overlap))));
  std::vector<Index> starts{0};
  while (starts.back() + window < image)
    starts.push_back(std::min(starts.back() + step, image - window));
  return starts;
}

}  // namespace

Windows windows_of(const std::array<Index, 3>& image, const readers::Onnx& network) {
  Windows windows;
  const bool slices = network.reads == "slices";
  for (std::size_t a = 0; a < 3; ++a) {
    const Index multiple = network.multiple_of;
    Index& size = windows.size[a];
    if (slices && a == 2)
      size = 1;
    else if (network.patch.empty())
      size = (image[a] + multiple - 1) / multiple * multiple;
    else
      size = network.patch[a];
    windows.starts[a] = starts_along(image[a], size, network.overlap);
  }
  return windows;
}

std::vector<Index> coverage(Index image, Index window, const std::vector<Index>& starts) {
  std::vector<Index> count(std::size_t(image), 0);
  for (const Index start : starts)
    for (Index v = start; v < std::min(start + window, image); ++v) ++count[std::size_t(v)];
  return count;
}

}  // namespace vitrine::onnx

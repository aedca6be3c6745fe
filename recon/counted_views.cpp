#include "vitrine/recon/counted_views.hpp"

#include "vitrine/core/error.hpp"

namespace vitrine::recon {

void CountedViews::take(Index first, Index count, std::span<const float> counts) {
  VITRINE_EXPECT(std::ssize(counts) ==
                 Index(air_.bins()) * count * geometry_.columns * geometry_.rows);
  first_ = first;
  count_ = count;
  counts_ = counts;
  parted_ = false;
}

void CountedViews::read(BinWindow window, std::span<float> readings) const {
  air_.relative(first_, count_, counts_, window, readings);
}

void CountedViews::combine(const SpectralImage& image, std::span<float> lines) {
  VITRINE_EXPECT(decomposition_ != nullptr);
  const std::size_t bins = air_.bins(), size = counts_.size() / bins;
  if (amounts_.size() < 2 * size) amounts_ = Buffer<float>(2 * size);
  const auto water = amounts_.span().first(size), second = amounts_.span().subspan(size, size);
  if (!parted_) {
    if (readings_.size() < bins * size) readings_ = Buffer<float>(bins * size);
    for (std::size_t b = 0; b < bins; ++b)
      read({b, b + 1}, readings_.span().subspan(b * size, size));
    (*decomposition_)(geometry_, air_.loads().subspan(std::size_t(first_), std::size_t(count_)),
                      readings_.span().first(bins * size), kind_, isa_, water, second);
    parted_ = true;
  }
  recon::combine(image, water, second, lines);
}

}  // namespace vitrine::recon

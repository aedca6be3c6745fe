#include "vitrine/radiomics/detail/box.hpp"

#include <cstring>

namespace vitrine::radiomics {
namespace {

/// Whether any of `values` is not zero; eight at a time, since most of an image is outside.
bool any(std::span<const std::uint8_t> values) {
  std::uint64_t seen = 0;
  for (; values.size() >= 64; values = values.subspan(64)) {
    std::array<std::uint64_t, 8> words;
    std::memcpy(words.data(), values.data(), 64);
    for (const std::uint64_t word : words) seen |= word;
    if (seen != 0) return true;
  }
  return std::any_of(values.begin(), values.end(), [](std::uint8_t v) { return v != 0; });
}

}  // namespace

Box bounding_box(const Mask& mask) {
  Box box = nothing;
  const auto [nx, ny, nz] = mask.grid().size;
  const auto values = mask.values();
  for (Index k = 0; k < nz; ++k)
    for (Index j = 0; j < ny; ++j) {
      const auto row = values.subspan(static_cast<std::size_t>(mask.grid().offset(0, j, k)),
                                      static_cast<std::size_t>(nx));
      if (!any(row)) continue;
      const auto set = [](std::uint8_t v) { return v != 0; };
      const auto first = std::find_if(row.begin(), row.end(), set) - row.begin();
      const auto last = row.rend() - std::find_if(row.rbegin(), row.rend(), set) - 1;
      box.include({first, j, k});
      box.include({last, j, k});
    }
  return box;
}

}  // namespace vitrine::radiomics

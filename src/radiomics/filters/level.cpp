#include "vitrine/radiomics/filters/detail/level.hpp"

#include <algorithm>

namespace vitrine::radiomics {

void require_level(std::int64_t level, const Grid& image, Dimensions dimensions,
                   std::string_view wavelet, FunctionRef<Index(std::int64_t)> extent) {
  const auto end = image.size.begin() + (dimensions == Dimensions::slice ? 2 : 3);
  const auto shortest = std::min_element(image.size.begin(), end);
  if (extent(level) <= *shortest) return;
  std::int64_t fits = level;
  while (fits > 0 && extent(fits) > *shortest) --fits;
  const bool fits_in_slices = extent(1) <= std::min(image.size[0], image.size[1]);
  throw Error(Error::Kind::data, str("level is ", level, " (", wavelet, " then reaches over ",
                                     extent(level), " voxels, and the image has ", *shortest,
                                     " along ", "ijk"[shortest - image.size.begin()], "). ",
                                     fits > 0         ? str("Use at most ", fits)
                                     : fits_in_slices ? "No level fits; see dimensions: 2d"
                                                      : "No level fits this image"));
}

}  // namespace vitrine::radiomics

#pragma once
#include <string_view>

#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine::radiomics {

/// Level 12 sees structures of thousands of voxels.
inline constexpr std::int64_t deepest_level = 12;

/// Throws Error (data), naming the deepest level that fits, if a wavelet of this level reaches over
/// more voxels than the image has along an axis; `extent` is how many voxels one of a level does.
void require_level(std::int64_t level, const Grid& image, Dimensions dimensions,
                   std::string_view wavelet, FunctionRef<Index(std::int64_t)> extent);

}  // namespace vitrine::radiomics

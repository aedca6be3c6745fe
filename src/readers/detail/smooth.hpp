#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::readers::detail {

/// The image under a Gaussian of standard deviation `sigma` mm, cut off at 4 sigma; the outermost
/// voxels go on for ever.
Image smoothed(const Image& image, double sigma);

}  // namespace vitrine::readers::detail

#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::io {

/// `mask` on the grid of the image it belongs to, where both have the same voxel centres to 0.01
/// mm: axes may be exchanged or reversed, and the mask may be a part of the image or reach beyond
/// it, as long as no voxel that is set lies outside. Throws Error (data) otherwise.
Mask place_mask(const Mask& mask, const Grid& grid);

/// `mask` interpolated trilinearly on another grid, and 0.5 or more is inside (IBSI 2.4); beyond
/// its own grid a mask is empty. Throws Error (data) if nothing of it is left.
Mask resample_mask(const Mask& mask, const Grid& grid);

}  // namespace vitrine::io

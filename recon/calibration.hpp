#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::recon {

/// The CT numbers of a scanner whose calibration is off: HU becomes (1 + scale) HU + offset.
/// Voxels outside the field of view, which nothing was measured for, keep what they hold; with both
/// 0 no bit changes.
void miscalibrate(Image& image, double scale, double offset);

}  // namespace vitrine::recon

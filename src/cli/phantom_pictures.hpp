#pragma once
#include <vector>

#include "vitrine/model/scene.hpp"
#include "vitrine/report/figures.hpp"

namespace vitrine::cli {

/// A patient at a glance, at 70 keV and without noise: axial in two windows, coronal, sagittal; all
/// through the first lesion, or the middle. `box`: what to show, mm.
std::vector<report::Bitmap> pictures(const Scene& scene, const Grid& box);

}  // namespace vitrine::cli

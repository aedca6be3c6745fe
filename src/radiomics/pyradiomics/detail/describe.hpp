#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/radiomics/pyradiomics/detail/raster.hpp"
#include "vitrine/radiomics/pyradiomics/extract.hpp"

namespace vitrine::radiomics::pyradiomics {

/// Appends the diagnostics of settings and image types.
void describe_parameters(const Parameters& parameters, std::vector<Diagnostic>& out);
/// Appends `diagnostics_Image-<stage>_...`.
void describe_image(const Raster& image, std::string_view stage, std::vector<Diagnostic>& out);
/// Appends `diagnostics_Mask-<stage>_...`, with intensities if there is an image.
void describe_roi(const Raster* image, const Roi& roi, std::string_view stage,
                  std::vector<Diagnostic>& out);

/// What differs between two grids, with both values.
std::string describe_difference(const Grid& image, const Grid& mask);

}  // namespace vitrine::radiomics::pyradiomics

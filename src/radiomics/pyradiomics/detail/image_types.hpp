#pragma once
#include <string>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/radiomics/pyradiomics/detail/raster.hpp"

namespace vitrine::radiomics::pyradiomics {

/// Calls `use(name, image)` with every image of a type, cropped to `seen`.
///
/// What gives no image (a LoG of an image too small for it) is said in `notes`.
void for_each_image(const Raster& image, const ImageType& type, const Box& seen,
                    std::vector<std::string>& notes,
                    FunctionRef<void(const std::string&, const Raster&)> use);

/// Laplacian of Gaussian of a part of an image, by ITK's recursive filters (Deriche 1993;
/// Farneback and Westin 2006), normalised across scale; single precision between its passes, as
/// there.
std::vector<double> laplacian_of_gaussian(const Raster& image, const Box& part, double sigma);

/// Images of one stationary wavelet level, detail images first, named LLH, LHL, ... by the axes x,
/// y, z (two letters in 2D, without the axis across the slices).
struct Band {
  std::string name;
  std::vector<double> values;  ///< on the part asked for
};
/// `level` levels from `start_level` on, on a part of the image; the last level has its
/// approximation too. Every level has the same filters, as PyRadiomics applies them.
std::vector<Band> wavelet_bands(const Raster& image, const Box& part, const Settings& settings);

}  // namespace vitrine::radiomics::pyradiomics

#pragma once
#include <string>
#include <vector>

#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics {

/// A number that tells how image and region were prepared; IBSI asks for them beside the features.
struct Diagnostic {
  std::string id;                     ///< `diagnostics.interpolated_roi.intensity_voxels`
  std::string ibsi_stage, ibsi_name;  ///< `interpolated ROI`, `Int. mask voxel count`
  std::string unit;
  double value = 0;  ///< NaN where there is none: the region is empty
};

/// IBSI's 60 diagnostics, of a region prepared from this image with these settings: dimensions,
/// voxel size and intensities of the image as given and interpolated (9 each), extent and
/// intensities of the region as given, interpolated and re-segmented (14 each).
///
/// Interpolates the whole image, so the cost goes with the image and not with the region.
std::vector<Diagnostic> diagnostics(const Image& image, const Settings& settings,
                                    const Region& region);

/// How it is known that the oriented box and the smallest ellipsoid of the features are the
/// smallest: what the box's search looked at and the two edges of the convex hull that lie in its
/// faces (patient coordinates), and how far the ellipsoid is from its optimality conditions. None
/// of IBSI. Nothing if the region is empty.
std::vector<Diagnostic> shape_certificates(const Region& region);

}  // namespace vitrine::radiomics

#pragma once
#include "vitrine/radiomics/pyradiomics/detail/raster.hpp"
#include "vitrine/radiomics/pyradiomics/extract.hpp"

namespace vitrine::radiomics::pyradiomics {

/// Image and region on one grid.
struct Pair {
  Raster image;
  Roi roi;
};

/// The voxels of the mask that are not zero. Throws Error (data) if there is none.
Roi roi_of(const Mask& mask);

/// Whether the grids agree as the settings want it.
bool same_grid(const Grid& image, const Grid& mask, const Settings& settings);

/// Image and mask resampled to `resampledPixelSpacing` on a grid that starts at the corner of the
/// mask's first voxel, cropped to the region and `padDistance`; intensities as the interpolator
/// says, the mask by its nearest voxel. Throws Error (data) where the region reaches beyond the
/// image or nothing of it is left.
Pair resample(const Raster& image, const Roi& roi, const Settings& settings, Stored stored);

/// The region of the nearest voxels of the image's grid. Throws as `resample`.
Roi on_grid_of(const Grid& image, const Roi& roi);

/// The region's box and `pad` voxels around it, as far as the grid goes.
Box padded(const Roi& roi, Index pad);
Roi cropped(const Roi& roi, const Box& box);

/// Throws Error (data) if the region is too small for the settings.
void require_size(const Roi& roi, const Settings& settings);

/// The voxels of the region within the thresholds. Throws Error (data) if one or none is left.
Roi resegment(const Raster& image, const Roi& roi, const Settings& settings);

}  // namespace vitrine::radiomics::pyradiomics

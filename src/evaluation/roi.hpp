#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// What the voxels of a region of interest say.
struct RoiStatistics {
  double mean = 0.0;  ///< HU; NaN if the region holds no voxel
  double sd = 0.0;    ///< HU, over n - 1; NaN below two voxels
  Index voxels = 0;
};

/// Voxels of the image whose centres lie in the ball of `radius` mm about `centre` (patient space).
RoiStatistics ball(const Image& image, const Vec3& centre, double radius);

/// Voxels where the mask, on the same grid, is not zero. Throws Error (data) if the grids differ.
RoiStatistics masked(const Image& image, const Mask& mask);

/// The noise of an image from two scans of one object: the statistics of (a - b) / sqrt 2 in the
/// ball, so that structure which both share cancels. Throws Error (data) if the grids differ.
RoiStatistics difference_in_ball(const Image& a, const Image& b, const Vec3& centre, double radius);

}  // namespace vitrine::evaluation

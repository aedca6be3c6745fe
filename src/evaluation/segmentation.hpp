#pragma once
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// How a mask that was found agrees with the true one. Lengths in mm, volumes in mm^3.
///
/// A surface is the faces between voxels of the mask and others: a face's place is its centre, its
/// weight its area. NaN: distances of a mask that is empty.
struct SegmentationScore {
  double dice = 0.0;          ///< 2 |A and B| / (|A| + |B|)
  double surface_dice = 0.0;  ///< share of both surfaces within the tolerance of the other
  /// The larger of the two 95th percentiles of distances from one surface to the other.
  double hausdorff95 = 0.0;
  double surface_distance = 0.0;  ///< mean over both surfaces (ASSD)
  double true_volume = 0.0, found_volume = 0.0;
  double volume_error() const { return (found_volume - true_volume) / true_volume; }
};

/// Surface Dice after Nikolov et al., J Med Internet Res 23 (2021) e26151; the rest after Taha &
/// Hanbury, BMC Med Imaging 15 (2015) 29. A mask that is empty has Dice and surface Dice 0. Throws
/// Error (data) if the grids differ or nothing is true.
SegmentationScore compare_masks(const Mask& truth, const Mask& found, double tolerance);

/// What a reader of whole voxels measures of a lesion, as RECIST does: mm, 0 of an empty mask.
struct AxialSize {
  double longest = 0.0;     ///< line between voxels of one slice of the grid
  double short_axis = 0.0;  ///< how wide that slice's voxels lie across it
};

/// Both lengths go from centre to centre and one voxel's mean edge farther.
AxialSize axial_size(const Mask& mask);

}  // namespace vitrine::evaluation

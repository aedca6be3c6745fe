#pragma once
#include <vector>

#include "vitrine/model/scan.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::recon::detail {

/// The voxels that an iterative reconstruction works with, for the slices that are wanted of it.
struct FitGrid {
  Grid voxels;
  Index per_slice = 1;  ///< voxels from one slice's middle to the next
  Index first = 0;      ///< the voxel in the middle of the first slice

  /// Voxels no higher than a slice or two detector rows, some beyond either end.
  FitGrid(const Grid& image, double slice_thickness, const ScanGeometry& scan);

  /// A slice is the mean over its thickness of the voxels about its middle: their shares.
  struct Share {
    Index voxel;  ///< counted from the slice's middle
    double share;
  };
  std::vector<Share> shares(double slice_thickness) const;
};

/// A coarse grid about a fine one whose faces are faces of its voxels: within `radius` of the axis
/// and from `low` to `high`, mm; its
/// voxels are no higher than `tallest`, if the fine ones are not.
struct OuterGrid {
  Grid voxels;
  bool needed = false;  ///< whether it holds anything that the fine one does not

  OuterGrid(const Grid& fine, double radius, double low, double high, double tallest);
  /// Share of a voxel that lies outside the fine grid.
  double outside(Index i, Index j, Index k) const;

 private:
  std::vector<double> inside_[3];  ///< per axis: shares within the fine grid's span
};

}  // namespace vitrine::recon::detail

#pragma once
#include <functional>

#include "vitrine/model/scan.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::recon {

/// Slices parallel to a gantry's plane.
struct SliceStack {
  Grid grid;
  double thickness = 1.0;  ///< mm
};

/// The slices that a scan's algorithm makes for an image on `grid` with slices of `thickness` mm:
/// those of the image itself, if they are parallel to the gantry's plane; else all that are needed
/// to sample it, as thin as a detector row.
SliceStack stack_for(const ScanGeometry& scan, const Grid& grid, double thickness);

/// An image whose slices lie in any direction (multiplanar reformation).
///
/// `make` is called once, with `stack_for`. If the stack is not the image itself, the image is
/// sampled from it by cubic convolution (Keys, IEEE Trans ASSP 29 (1981) 1153) and averaged over
/// the slices' thickness in sub-planes at most a pixel apart. Along axes that rows or columns share
/// with the gantry, voxels of both lie in the same places and nothing is interpolated. Voxels whose
/// nearest neighbour in the stack is outside of the scan field of view are, too.
///
/// Equal bits for any number of threads.
Image reformatted(const ScanGeometry& scan, const Grid& grid, double thickness,
                  const std::function<Image(const SliceStack&)>& make);

}  // namespace vitrine::recon

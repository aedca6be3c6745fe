#pragma once
#include <array>
#include <vector>

#include "vitrine/radiomics/pyradiomics/detail/raster.hpp"
#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics::pyradiomics {

/// A step from a voxel to a neighbour, in voxels.
using Step = std::array<int, 3>;

/// A region cut out of one image type, ready to be measured.
///
/// Its axes are the image's in another order where `force2D` asks for slices across x or y: the
/// axis across the slices comes last. The grid has room for every step around the region.
struct Specimen {
  Specimen(const Raster& image, const Roi& roi, const Settings& with);

  const Settings& settings;
  Region region;               ///< voxels and masks; intensities are in `values`
  std::vector<double> values;  ///< of `region.voxels`
  Voxel box{};                 ///< the region's size along the axes
  Levels levels;               ///< grey levels by binWidth or binCount
  /// Neighbours at the distances of the settings, one of each pair, and both.
  std::vector<Step> half_steps, all_steps;
};

/// The region of a shape alone: its mask on a grid with one voxel more on every side.
Region shape_region(const Roi& roi, const std::array<std::size_t, 3>& axes, Index margin);
/// The image's axes in the order of the specimen's.
std::array<std::size_t, 3> axis_order(const Settings& settings);

}  // namespace vitrine::radiomics::pyradiomics

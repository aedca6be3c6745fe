#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/radiomics/settings.hpp"

namespace vitrine::radiomics {

/// Numbers that say what the preparation did; IBSI's diagnostic features.
struct Preparation {
  Index input_voxels = 0;                    ///< in the mask as given
  Index interpolated_voxels = 0;             ///< in the morphological mask
  Index resegmented_voxels = 0;              ///< in the intensity mask
  std::array<Index, 3> interpolated_size{};  ///< of the whole interpolated image
  double input_mean_hu = 0;                  ///< over the mask as given
  double interpolated_mean_hu = 0, interpolated_min_hu = 0, interpolated_max_hu = 0;
};

/// A region of interest ready to be measured, on a small grid of its own.
///
/// The grid is the part of the interpolated image that holds the morphological mask and one voxel
/// more on every side, so that neighbours of any voxel of the region exist and, at the border, lie
/// outside both masks. The intensity mask is the part of the morphological one that survived
/// re-segmentation; intensities exist there only.
struct Region {
  Grid grid;
  std::vector<std::uint8_t> morphological;         ///< 0/1 on `grid`
  std::vector<std::int32_t> morphological_voxels;  ///< their offsets in `grid`, ascending
  std::vector<std::int32_t> voxels;                ///< offsets of the intensity mask, ascending
  std::vector<float> hu;                           ///< intensity of each of `voxels`
  Preparation preparation;
  std::string_view no_shape;      ///< reason why the morphological mask is empty, or ""
  std::string_view no_intensity;  ///< reason why the intensity mask is empty, or ""

  std::array<Index, 3> position(std::int32_t offset) const {
    const Index row = offset / grid.size[0];
    return {offset % grid.size[0], row % grid.size[1], row / grid.size[1]};
  }
};

/// The region of `mask` (any non-zero voxel) in `image`, interpolated, rounded and re-segmented.
///
/// Only the neighbourhood of the mask is looked at, so the cost goes with the region and not with
/// the image. Throws where the grids differ or an intensity of the region is not finite.
Region prepare(const Image& image, const Mask& mask, const Settings& settings);

/// The morphological mask as an image, for whoever wants to see or store it.
Mask morphological_mask(const Region& region);

/// Grey levels 1, 2, ... of a region's voxels, and 0 outside, on the region's grid.
struct Levels {
  std::vector<std::uint16_t> volume;
  int count = 0;          ///< N_g, the largest level that occurs; 0 if the region is empty
  bool overflow = false;  ///< more levels than fit; then `volume` is empty
};

/// Fixed bin size or fixed bin number discretisation of the intensity mask.
Levels discretise(const Region& region, const Settings& settings);

}  // namespace vitrine::radiomics

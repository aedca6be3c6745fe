#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/radiomics/settings.hpp"

namespace vitrine::radiomics {

/// Intensities of some voxels, all zero if there are none.
struct IntensityRange {
  double mean_hu = 0, min_hu = 0, max_hu = 0;
};

/// Numbers that say what the preparation did; IBSI's diagnostic features (see diagnostics.hpp).
///
/// A box is how many voxels a mask extends along each axis.
struct Preparation {
  Index input_voxels = 0;                    ///< in the mask as given
  Index interpolated_voxels = 0;             ///< in the morphological mask
  Index resegmented_voxels = 0;              ///< in the intensity mask
  std::array<Index, 3> interpolated_size{};  ///< of the whole interpolated image
  std::array<Index, 3> input_box{}, interpolated_box{}, resegmented_box{};
  IntensityRange input, interpolated, resegmented;
};

/// Radius of the sphere of 1 cm^3 that local intensity peaks are means over [mm] (IBSI 3.2).
inline constexpr double surroundings_radius = 6.203504908994;
/// Voxels to either side of a voxel that such a sphere may reach.
std::array<Index, 3> surroundings_reach(const Vec3& spacing);

/// The interpolated image around a region: its box and `surroundings_reach` more, as far as the
/// image goes; not re-segmented.
struct Surroundings {
  std::array<Index, 3> low{};  ///< first voxel, on the region's grid; may be negative
  std::array<Index, 3> size{};
  std::vector<float> hu;  ///< i fastest
};

/// A region of interest ready to be measured, on a small grid of its own.
///
/// The grid is the part of the interpolated image that holds the morphological mask and one voxel
/// more on every side, so that neighbours of any voxel of the region exist and, at the border, lie
/// outside both masks. The intensity mask is the part of the morphological one that survived
/// re-segmentation; intensities exist there only.
struct Region {
  Grid grid;
  std::array<Index, 3>
      low{};  ///< of its first voxel, in the interpolated image; -1 beyond its edge
  std::vector<std::uint8_t> morphological;         ///< 0/1 on `grid`
  std::vector<std::int32_t> morphological_voxels;  ///< their offsets in `grid`, ascending
  std::vector<std::int32_t> voxels;                ///< offsets of the intensity mask, ascending
  std::vector<float> hu;                           ///< intensity of each of `voxels`
  std::optional<Surroundings> surroundings;        ///< if they were asked for
  Preparation preparation;
  std::string_view no_shape;      ///< reason why the morphological mask is empty, or ""
  std::string_view no_intensity;  ///< reason why the intensity mask is empty, or ""

  std::array<Index, 3> position(std::int32_t offset) const {
    const Index row = offset / grid.size[0];
    return {offset % grid.size[0], row % grid.size[1], row / grid.size[1]};
  }
};

/// Where an image that was cut out of a larger one lies in it: grids that it is interpolated to are
/// those of the whole.
struct PartOf {
  std::array<Index, 3> first{};  ///< its first voxel, in the whole
  std::array<Index, 3> whole{};  ///< size of the whole; 0: it is the whole itself
};

/// What a region keeps of the image: its own voxels, or those around it too (local_intensity).
enum class Keep { region, surroundings };

/// The region of `mask` (any non-zero voxel) in `image`, interpolated, rounded and re-segmented.
///
/// Only the neighbourhood of the mask is looked at, so the cost goes with the region and not with
/// the image. A part must hold that neighbourhood as far as the whole does (surroundings_radius at
/// most), and then gives what the whole gives, to the bit. Throws where the grids differ or an
/// intensity of the region is not finite.
Region prepare(const Image& image, const Mask& mask, const Settings& settings,
               Keep keep = Keep::region, const PartOf& part = {});

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

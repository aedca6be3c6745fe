#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "vitrine/core/schema.hpp"
#include "vitrine/radiomics/filters/filter.hpp"

namespace vitrine::radiomics {

/// How intensities are interpolated (masks are always interpolated linearly, then cut at 0.5).
enum class Interpolation { nearest, linear, cubic };

/// Which matrices of a family with directions (glcm, glrlm) are merged before features are
/// computed, and which are averaged after (IBSI 3.6.1). The 2D and 2.5D ones look along the four
/// directions within a slice.
enum class Aggregation {
  average_2d,            ///< per slice and direction, features averaged (BTW3)
  slice_merge_2d,        ///< directions of a slice merged, features averaged over slices (SUJT)
  direction_merge_2_5d,  ///< slices merged per direction, features averaged over directions (JJUI)
  merge_2_5d,            ///< all slices and directions merged (ZW7Z)
  average_3d,            ///< per direction, features averaged over the 13 directions (ITBB)
  merge_3d               ///< all 13 directions merged (IAZD)
};

/// The same for families without directions (glszm, gldzm, ngtdm, ngldm).
enum class Pooling {
  average_2d,  ///< neighbours within slices, features averaged over slices (8QNN)
  merge_2_5d,  ///< neighbours within slices, one matrix of all slices (62GR)
  volume_3d    ///< neighbours in the volume (KOBO)
};

/// A choice of matrices as people and tables name it.
template <class Choice>
struct ChoiceInfo {
  Choice value;
  std::string_view id;         ///< `3d_average`
  std::string_view ibsi_code;  ///< `ITBB`
};
using AggregationInfo = ChoiceInfo<Aggregation>;
using PoolingInfo = ChoiceInfo<Pooling>;
const AggregationInfo& describe(Aggregation aggregation);
const PoolingInfo& describe(Pooling pooling);
/// IBSI's code of an aggregation, by the id that tables show: `3d_average` is `ITBB`; "" if there
/// is none of that name.
std::string_view aggregation_code(std::string_view id);

/// How a region is prepared and measured: the IBSI image-processing scheme, in its order.
///
/// Image and mask are interpolated, intensities rounded, the intensity mask re-segmented, and
/// intensities discretised for the texture families.
struct Settings {
  /// Voxel size the image is interpolated to [mm]; 0 keeps the image's own grid.
  double spacing_mm = 0;
  /// Interpolate within slices only, keeping their distance (for the 2D and 2.5D aggregations).
  bool in_plane_only = false;
  Interpolation interpolation = Interpolation::linear;
  /// Round interpolated intensities to whole HU (halves up).
  bool round_intensities = true;
  /// Keep only voxels within [low, high] HU in the intensity mask.
  std::optional<std::array<double, 2>> range_hu;
  /// Keep only voxels within this many standard deviations of the mean; 0 keeps all.
  double outlier_sigma = 0;
  /// Fixed bin size; bins start at the lower end of `range_hu`, else at the region's minimum.
  /// Left out together with `bin_count`, it is `default_bin_width_hu`.
  std::optional<double> bin_width_hu;
  /// Fixed bin number, between the region's own minimum and maximum; excludes `bin_width_hu`.
  std::optional<std::int64_t> bin_count;
  /// Intensity-volume histogram: bins of this size, known by their centres. Left out together with
  /// `ivh_bin_count`, its levels are whole HU.
  std::optional<double> ivh_bin_width_hu;
  /// Intensity-volume histogram: this many bins, known by their numbers; excludes
  /// `ivh_bin_width_hu`.
  std::optional<std::int64_t> ivh_bin_count;
  Aggregation glcm = Aggregation::average_3d, glrlm = Aggregation::average_3d;
  Pooling glszm = Pooling::volume_3d, gldzm = Pooling::volume_3d;
  Pooling ngtdm = Pooling::volume_3d, ngldm = Pooling::volume_3d;

  /// Image types to measure, in order (see `extract_filtered`); none: the image itself.
  std::vector<Pick<ImageFilter>> filters;
  /// Fixed bin number of the discretisation of response maps.
  std::int64_t response_bin_count = 32;

  static constexpr double default_bin_width_hu = 25;

  static const Schema<Settings>& schema();
};

}  // namespace vitrine::radiomics

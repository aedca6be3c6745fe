#pragma once
#include <limits>
#include <string_view>

namespace vitrine::radiomics {

/// Why a feature has no value: the `reason` that goes with a NaN.
namespace reason {
inline constexpr std::string_view empty_mask = "empty_mask";  ///< no voxel in the mask
inline constexpr std::string_view lost_in_resampling =
    "lost_in_resampling";  ///< no voxel reaches 0.5
inline constexpr std::string_view lost_in_perturbation =
    "lost_in_perturbation";  ///< the perturbation left no voxel
inline constexpr std::string_view out_of_range = "out_of_range";  ///< re-segmentation left no voxel
inline constexpr std::string_view single_voxel = "single_voxel";  ///< needs two voxels
inline constexpr std::string_view flat_region = "flat_region";    ///< all intensities are equal
inline constexpr std::string_view flat_shape = "flat_shape";      ///< voxel centres lie in a plane
inline constexpr std::string_view zero_mean = "zero_mean";        ///< the denominator is zero
inline constexpr std::string_view no_pairs = "no_pairs";          ///< no two voxels are neighbours
inline constexpr std::string_view too_many_levels =
    "too_many_levels";                                        ///< the matrix would not fit
inline constexpr std::string_view not_finite = "not_finite";  ///< overflow, division by almost zero
}  // namespace reason

/// A value, or the reason why there is none. Converts from double, so formulas stay formulas.
struct Result {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::string_view reason;  ///< empty if there is a value

  constexpr Result(double x) : value(x) {}  // NOLINT: implicit on purpose
  static constexpr Result undefined(std::string_view why) {
    Result none(std::numeric_limits<double>::quiet_NaN());
    none.reason = why;
    return none;
  }
};

/// What is known about a feature without computing it.
struct FeatureInfo {
  std::string_view family;     ///< canonical family id: `statistics`
  std::string_view id;         ///< canonical feature id: `statistics.mean`
  std::string_view ibsi_code;  ///< IBSI's code, or "" where IBSI has none
  std::string_view unit;       ///< of the value; "1" if dimensionless
  std::string_view formula;    ///< one line for the documentation
};

/// One feature: a row of its family's table, next to the formula it implements.
///
/// All rows of a family share their `Evidence` (a sorted sample, a mesh, a matrix), computed once.
template <class Evidence>
struct Feature {
  FeatureInfo info;
  Result (*value)(const Evidence&);
};

}  // namespace vitrine::radiomics

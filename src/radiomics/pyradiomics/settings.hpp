#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/schema.hpp"

namespace vitrine::radiomics::pyradiomics {

/// A standard deviation of LoG. Column names show it as the file has it: `3` or `3.0`.
struct Sigma {
  double mm = 0;
  bool written_whole = false;  ///< without a point
  /// As Python writes it: `3.0`, `3`, `0.5`.
  std::string text() const;
};

/// A number as Python writes a float: `25.0`.
std::string python_float(double number);

/// What a PyRadiomics parameter file may say under `setting`: its names, meanings and defaults
/// (van Griethuysen et al. 2017, release 3.1).
struct Settings {
  std::int64_t minimum_roi_dimensions = 2;
  std::optional<std::int64_t> minimum_roi_size;  ///< a region must have more voxels than this
  /// Image and mask agree if origins and spacings do within this many voxels and directions within
  /// this; left out, if every voxel does within 0.01 mm.
  std::optional<double> geometry_tolerance;
  bool correct_mask = false;  ///< bring a mask of another grid to the image's, nearest voxel
  bool additional_info = true;
  std::int64_t label = 1, label_channel = 0;
  double bin_width = 25;
  std::optional<std::int64_t> bin_count;  ///< instead of `bin_width`
  bool normalize = false;
  double normalize_scale = 1;
  std::optional<double> remove_outliers;                         ///< in standard deviations
  std::optional<std::array<double, 3>> resampled_pixel_spacing;  ///< x, y, z in mm; 0 keeps an axis
  std::string interpolator = "sitkBSpline";
  std::int64_t pad_distance = 5;  ///< voxels kept around the region's box
  std::vector<std::int64_t> distances{1};
  bool force_2d = false;
  std::int64_t force_2d_dimension = 0;  ///< of the axes z, y, x
  std::vector<double> resegment_range;  ///< one or two thresholds; none: no re-segmentation
  std::string resegment_mode = "absolute";
  bool resegment_shape = false, pre_crop = false;
  std::vector<Sigma> sigma;  ///< of LoG
  std::int64_t start_level = 0, level = 1;
  std::string wavelet = "coif1";
  bool gradient_use_spacing = true;
  std::int64_t voxel_array_shift = 0;
  bool symmetrical_glcm = true;
  std::string weighting_norm;  ///< "" averages over directions instead of merging them
  std::int64_t gldm_a = 0;

  static const Schema<Settings>& schema();
};

/// An image type that features are computed of, with its own settings.
struct ImageType {
  std::string kind;   ///< `Original`, `LoG`, ...
  Value custom;       ///< what the file says beside its name
  Settings settings;  ///< those of the file, changed by `custom`
};

/// A feature class, and the features asked for; all that are not deprecated if there are none.
struct FeatureClass {
  std::string name;
  std::vector<std::string> features;
};

/// A parameter file.
struct Parameters {
  Parameters();  ///< what PyRadiomics does without a file: Original, every class but shape2D

  Settings settings;
  Value written;  ///< the settings that were given
  std::vector<ImageType> image_types;
  std::vector<FeatureClass> classes;
  std::vector<std::string> notes;  ///< what was asked for and is not computed, and why
};

/// The parameters in a parameter file's tree (empty: no file), in which keys may be without a value
/// (None); `changes` to its settings come first if there are any. Every problem is reported, and
/// then the result is not to be used.
Parameters read_parameters(const Value& tree, const Value* changes, Diagnostics& problems);

/// Image types that can be computed.
const std::vector<std::string>& image_type_names();

}  // namespace vitrine::radiomics::pyradiomics

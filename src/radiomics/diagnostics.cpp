#include "vitrine/radiomics/diagnostics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "vitrine/radiomics/detail/resample.hpp"

namespace vitrine::radiomics {
namespace {

using Size = std::array<Index, 3>;
constexpr std::array axis_names{"x", "y", "z"};
constexpr double nothing = std::numeric_limits<double>::quiet_NaN();

Vec3 as_vector(const Size& size) { return {double(size[0]), double(size[1]), double(size[2])}; }

/// A stage of the preparation, to which rows are added.
class Stage {
 public:
  Stage(std::vector<Diagnostic>& rows, std::string id, std::string ibsi)
      : rows_(rows), id_(std::move(id)), ibsi_(std::move(ibsi)) {}
  void add(const std::string& id, const std::string& name, const char* unit, double value) {
    rows_.push_back({"diagnostics." + id_ + "." + id, ibsi_, name, unit, value});
  }
  void add_axes(const std::string& id, const std::string& name, const char* unit,
                const Vec3& values) {
    for (Index a = 0; a < 3; ++a) {
      const char* axis = axis_names[std::size_t(a)];
      add(id + "_" + axis, name + " " + axis, unit, values[a]);
    }
  }

 private:
  std::vector<Diagnostic>& rows_;
  std::string id_, ibsi_;
};

struct Roi {
  Size intensity_box{}, shape_box{};
  Index intensity_voxels = 0, shape_voxels = 0;
  IntensityRange range;
};

void add_image(Stage stage, const Size& size, const Vec3& spacing, const IntensityRange& range) {
  stage.add_axes("dimension", "Image dimension", "1", as_vector(size));
  stage.add_axes("voxel_size", "Voxel dimension", "mm", spacing);
  stage.add("mean", "Mean intensity", "HU", range.mean_hu);
  stage.add("minimum", "Minimum intensity", "HU", range.min_hu);
  stage.add("maximum", "Maximum intensity", "HU", range.max_hu);
}

void add_roi(Stage stage, const Size& size, const Roi& roi) {
  stage.add_axes("dimension", "Int. mask dimension", "1", as_vector(size));
  stage.add_axes("intensity_box", "Int. mask bounding box dimension", "1",
                 as_vector(roi.intensity_box));
  stage.add_axes("morphological_box", "Morph. mask bounding box dimension", "1",
                 as_vector(roi.shape_box));
  stage.add("intensity_voxels", "Int. mask voxel count", "1", double(roi.intensity_voxels));
  stage.add("morphological_voxels", "Morph. mask voxel count", "1", double(roi.shape_voxels));
  const bool empty = roi.intensity_voxels == 0;
  stage.add("mean", "Int. mask mean intensity", "HU", empty ? nothing : roi.range.mean_hu);
  stage.add("minimum", "Int. mask minimum intensity", "HU", empty ? nothing : roi.range.min_hu);
  stage.add("maximum", "Int. mask maximum intensity", "HU", empty ? nothing : roi.range.max_hu);
}

/// Sums of an image that comes row by row.
class Totals {
 public:
  void add(double hu) {
    sum_ += hu;
    low_ = std::min(low_, hu);
    high_ = std::max(high_, hu);
  }
  IntensityRange over(Index voxels) const { return {sum_ / double(voxels), low_, high_}; }

 private:
  double sum_ = 0;
  double low_ = std::numeric_limits<double>::infinity(), high_ = -low_;
};

IntensityRange interpolated_range(const Image& image, const Settings& settings,
                                  const std::array<Axis, 3>& axes, const Size& size) {
  Totals totals;
  const SampleBox all{{0, 0, 0}, {size[0] - 1, size[1] - 1, size[2] - 1}};
  for_each_row(image, axes, all, interpolation_of(settings),
               [&](Index, Index, std::span<const double> row) {
                 for (const double x : row)
                   totals.add(settings.round_intensities ? round_hu(float(x)) : float(x));
               });
  return totals.over(size[0] * size[1] * size[2]);
}

}  // namespace

std::vector<Diagnostic> diagnostics(const Image& image, const Settings& settings,
                                    const Region& region) {
  const Preparation& p = region.preparation;
  const Grid& grid = image.grid();
  const auto axes = interpolation_axes(grid, settings);
  Vec3 spacing;
  for (std::size_t a = 0; a < 3; ++a) spacing[Index(a)] = grid.spacing[Index(a)] * axes[a].step;

  Totals given;
  for (const float hu : image.values()) given.add(hu);

  std::vector<Diagnostic> rows;
  add_image({rows, "initial_image", "initial image"}, grid.size, grid.spacing,
            given.over(grid.count()));
  add_image({rows, "interpolated_image", "interpolated image"}, p.interpolated_size, spacing,
            interpolated_range(image, settings, axes, p.interpolated_size));
  add_roi({rows, "initial_roi", "initial ROI"}, grid.size,
          {p.input_box, p.input_box, p.input_voxels, p.input_voxels, p.input});
  add_roi({rows, "interpolated_roi", "interpolated ROI"}, p.interpolated_size,
          {p.interpolated_box, p.interpolated_box, p.interpolated_voxels, p.interpolated_voxels,
           p.interpolated});
  add_roi({rows, "resegmented_roi", "re-segmented ROI"}, p.interpolated_size,
          {p.resegmented_box, p.interpolated_box, p.resegmented_voxels, p.interpolated_voxels,
           p.resegmented});
  return rows;
}

}  // namespace vitrine::radiomics

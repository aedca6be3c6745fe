#pragma once
#include <array>
#include <span>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/model/volume.hpp"
#include "vitrine/radiomics/region.hpp"
#include "vitrine/radiomics/settings.hpp"

namespace vitrine::radiomics {

/// A voxel belongs to the interpolated mask from this value on (IBSI: 0.5; the rest is slack for
/// rounding, so that ties fall the same way on every side of a lesion).
inline constexpr double mask_threshold = 0.5 - 1e-9;

/// One axis of an interpolation grid whose centre is the image's centre (IBSI 2.4).
struct Axis {
  Index input_size = 1;             ///< samples that are there
  Index first = 0, whole_size = 1;  ///< of the whole image that they are a part of
  Index output_size = 1;            ///< of the whole
  double step = 1;                  ///< output spacing in input voxels

  Axis() = default;
  /// ceil(extent / spacing) samples; `spacing` 0 keeps the axis as it is.
  Axis(Index size, double input_spacing, double spacing);
  /// Position of output sample `j` in input voxels; exact where the axis is kept.
  double position(Index j) const {
    return 0.5 * double(whole_size - 1) + (double(j) - 0.5 * double(output_size - 1)) * step -
           double(first);
  }
};

/// The axes of the grid that the settings interpolate an image to, or the whole that it is part of.
std::array<Axis, 3> interpolation_axes(const Grid& image, const Settings& settings,
                                       const PartOf& part = {});
/// How they interpolate its intensities; on its own grid it is not interpolated at all.
Interpolation interpolation_of(const Settings& settings);
/// Whole HU, halves up.
float round_hu(float hu);

/// The input samples that one output sample is made of, along one axis.
struct PointTaps {
  int count = 0;
  std::array<Index, 4> index{};
  std::array<double, 4> weight{};  ///< zero weights mark samples that must not be read
};
/// Taps of position `x` [input voxels] on an axis of `size` voxels; beyond the input its edge
/// repeats (of a spline: its coefficients reach beyond).
PointTaps taps_at(double x, Index size, Interpolation kind);

/// A run of output samples of one axis and the weighted input samples each is made of.
struct Taps {
  Index first = 0;  ///< output index of the first sample
  int per_sample = 1;
  std::vector<Index> index;    ///< into the input, `per_sample` for each output sample
  std::vector<double> weight;  ///< zero weights mark samples that must not be read

  Index size() const { return Index(index.size()) / per_sample; }
};

/// Taps of output samples [first, last]; beyond the input its edge repeats.
Taps interpolation_taps(const Axis& axis, Index first, Index last, Interpolation kind);

/// Coefficients of the cubic B-spline through a box of the image, with room for its taps.
struct Spline {
  std::array<Index, 3> low{}, size{};  ///< box in input voxels; may reach beyond the image
  std::vector<double> coefficients;
};
/// The spline around input voxels [low, high]; beyond the image its edge repeats.
Spline cubic_spline(const Image& image, std::array<Index, 3> low, std::array<Index, 3> high);
/// The same of samples that are a function of the voxel, defined beyond the image too.
Spline cubic_spline(FunctionRef<double(Index, Index, Index)> sample, std::array<Index, 3> low,
                    std::array<Index, 3> high);
/// Weights of the cubic B-spline's coefficients i - 1 to i + 2 at i + `fraction`.
std::array<double, 4> cubic_weights(double fraction);

/// First and last output sample along each axis.
struct SampleBox {
  std::array<Index, 3> first{}, last{};
};

/// Interpolates the box row by row: `use(j, k, row)` gets the row of output samples j and k, from
/// `box.first[0]` on.
void for_each_row(const Image& image, const std::array<Axis, 3>& axes, const SampleBox& box,
                  Interpolation kind, FunctionRef<void(Index, Index, std::span<const double>)> use);

/// Interpolates rows of voxels along i: constants and scratch memory of one resampling.
template <class T>
class RowSampler {
 public:
  /// `data` holds a box of `size` voxels whose first voxel is `low` in the coordinates of the taps.
  RowSampler(const T* data, std::array<Index, 3> low, std::array<Index, 3> size,
             const std::array<Taps, 3>& taps);
  /// Row of output samples at the j-th and k-th output sample of the taps.
  std::span<const double> operator()(Index j, Index k);

 private:
  const T* data_;
  std::array<Index, 3> low_, size_;
  const std::array<Taps, 3>& taps_;
  Index first_column_ = 0;
  std::vector<double> columns_, row_;
};

}  // namespace vitrine::radiomics

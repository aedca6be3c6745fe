#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/radiomics/pyradiomics/settings.hpp"

namespace vitrine::radiomics::pyradiomics {

using Voxel = std::array<Index, 3>;

/// Some voxels of a grid: [low, high] along each axis.
struct Box {
  Voxel low{}, high{-1, -1, -1};

  bool empty() const { return high[0] < low[0]; }
  Voxel size() const { return {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1}; }
  std::size_t count() const {
    const Voxel n = size();
    return static_cast<std::size_t>(n[0] * n[1] * n[2]);
  }
  std::size_t offset(Index i, Index j, Index k) const {
    const Voxel n = size();
    return static_cast<std::size_t>(((k - low[2]) * n[1] + j - low[1]) * n[0] + i - low[0]);
  }
  void include(Voxel p);
  /// Calls `visit(i, j, k)` for each voxel, i fastest.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Index k = low[2]; k <= high[2]; ++k)
      for (Index j = low[1]; j <= high[1]; ++j)
        for (Index i = low[0]; i <= high[0]; ++i) visit(i, j, k);
  }
};

/// Intensities on a grid, in double precision: an image seen through crop and normalisation, which
/// costs no memory, or values of its own.
class Raster {
 public:
  explicit Raster(const Image& image) : grid_(image.grid()), image_(&image) {}
  Raster(Grid grid, std::vector<double> values)
      : grid_(std::move(grid)), values_(std::move(values)) {}

  const Grid& grid() const { return grid_; }
  Box box() const { return {{0, 0, 0}, {grid_.size[0] - 1, grid_.size[1] - 1, grid_.size[2] - 1}}; }
  double operator()(Index i, Index j, Index k) const {
    if (!image_) return values_[static_cast<std::size_t>(grid_.offset(i, j, k))];
    const double x = (*image_)(first_[0] + i, first_[1] + j, first_[2] + k);
    if (!is_normalised_) return x;
    const double z = (x - mean_) / deviation_;
    return scale_ * (cut_ > 0 ? std::clamp(z, -cut_, cut_) : z);
  }
  /// (x - mean) / deviation of the whole image, cut off and scaled as the settings say. Throws
  /// Error (data) if all intensities are equal.
  void normalise(const Settings& settings);
  bool is_normalised() const { return is_normalised_; }
  /// The part in `box`, as an image of its own.
  Raster cropped(const Box& box) const;

 private:
  Grid grid_;
  const Image* image_ = nullptr;
  Voxel first_{};
  bool is_normalised_ = false;
  double mean_ = 0, deviation_ = 1, cut_ = 0, scale_ = 1;
  std::vector<double> values_;
};

/// The region: voxels of a grid, kept on their box.
struct Roi {
  Grid grid;
  Box box;
  std::vector<std::uint8_t> inside;  ///< 0/1 on `box`, i fastest
  std::size_t voxels = 0;

  explicit Roi(Grid on = {}) : grid(std::move(on)) {}
  bool operator()(Index i, Index j, Index k) const { return inside[box.offset(i, j, k)] != 0; }
};

/// The region of the voxels of `within` for which `chosen(i, j, k)`.
template <class Chosen>
Roi make_roi(const Grid& grid, const Box& within, Chosen chosen) {
  Roi roi(grid);
  within.for_each([&](Index i, Index j, Index k) {
    if (chosen(i, j, k)) roi.box.include({i, j, k});
  });
  if (roi.box.empty()) return roi;
  roi.inside.reserve(roi.box.count());
  roi.box.for_each([&](Index i, Index j, Index k) {
    roi.inside.push_back(chosen(i, j, k));
    roi.voxels += roi.inside.back();
  });
  return roi;
}

/// Smallest, largest and mean of the raster in a region or everywhere.
struct Summary {
  double mean = 0, minimum = 0, maximum = 0;
};
Summary summary_of(const Raster& raster);
Summary summary_of(const Raster& raster, const Roi& roi);

}  // namespace vitrine::radiomics::pyradiomics

#include "vitrine/readers/detail/lung.hpp"

#include <algorithm>

#include "vitrine/core/parallel.hpp"
#include "vitrine/model/voxel_regions.hpp"

namespace vitrine::readers::detail {
namespace {

constexpr double least_volume = 5000.0;  // mm^3
constexpr double outside_mean = -950.0;  // HU
constexpr double farthest = 20.0;        // mm

/// Of each voxel of a line: whether air stands before and behind it, near enough.
void mark_enclosed(const std::uint8_t* air, Index stride, Index n, double spacing,
                   std::vector<std::uint8_t>& enclosed) {
  const auto reach = Index(farthest / spacing);
  std::fill(enclosed.begin(), enclosed.end(), std::uint8_t{0});
  for (const bool forward : {true, false}) {
    Index last = -1;  // distance to the last air, in voxels; -1: none yet
    for (Index t = 0; t < n; ++t) {
      const Index at = forward ? t : n - 1 - t;
      last = air[at * stride] != 0 ? 0 : last < 0 ? -1 : last + 1;
      if (last >= 0 && last <= reach) ++enclosed[std::size_t(at)];
    }
  }
}

}  // namespace

Mask lung_air(const Image& image) {
  Mask air(image.grid());
  for (std::size_t v = 0; v < air.values().size(); ++v)
    air.values()[v] = double(image.values()[v]) < air_limit;
  const Components found = components_of(air);
  std::vector<double> sum(found.parts.size(), 0.0);
  for (std::size_t v = 0; v < found.label.size(); ++v)
    if (found.label[v] != 0) sum[std::size_t(found.label[v] - 1)] += double(image.values()[v]);
  const double voxel = image.grid().voxel_volume();
  for (std::size_t v = 0; v < found.label.size(); ++v) {
    if (found.label[v] == 0) continue;
    const auto part = std::size_t(found.label[v] - 1);
    const auto voxels = double(found.parts[part].voxels);
    air.values()[v] = voxels * voxel > least_volume && sum[part] / voxels > outside_mean;
  }
  return air;
}

Mask inside_lung(const Mask& air) {
  const Grid& grid = air.grid();
  const auto& size = grid.size;
  Mask inside(grid);
  parallel_for(size[2], [&](Index k) {
    const std::uint8_t* slice = air.values().data() + grid.offset(0, 0, k);
    std::vector<std::uint8_t> row(static_cast<std::size_t>(size[0])),
        column(static_cast<std::size_t>(size[1]));
    for (Index j = 0; j < size[1]; ++j) {
      mark_enclosed(slice + j * size[0], 1, size[0], grid.spacing.x(), row);
      for (Index i = 0; i < size[0]; ++i) inside(i, j, k) = row[std::size_t(i)] == 2;
    }
    for (Index i = 0; i < size[0]; ++i) {
      mark_enclosed(slice + i, size[0], size[1], grid.spacing.y(), column);
      for (Index j = 0; j < size[1]; ++j)
        inside(i, j, k) = inside(i, j, k) != 0 && column[std::size_t(j)] == 2;
    }
  });
  return inside;
}

}  // namespace vitrine::readers::detail

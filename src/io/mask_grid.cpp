#include "vitrine/io/mask_grid.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/parallel.hpp"

namespace vitrine::io {
namespace {

constexpr double tolerance_mm = 0.01;

/// From voxel coordinates of one grid to those of another.
struct Map {
  Map(const Grid& from, const Grid& to) {
    const Vec3 inverse = to.spacing.cwiseInverse();
    linear = inverse.asDiagonal() * to.axes.transpose() * from.axes * from.spacing.asDiagonal();
    shift = inverse.cwiseProduct(to.axes.transpose() * (from.origin - to.origin));
  }
  Vec3 operator()(const Vec3& voxel) const { return linear * voxel + shift; }
  Mat3 linear;
  Vec3 shift;
};

/// Range of voxels that are set, last one included; empty if high < low.
struct Extent {
  std::array<Index, 3> low{0, 0, 0}, high{-1, -1, -1};
};

Extent extent_of(const Mask& mask) {
  Extent extent;
  extent.low = mask.grid().size;
  const auto [nx, ny, nz] = mask.grid().size;
  for (Index k = 0; k < nz; ++k)
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i) {
        if (!mask(i, j, k)) continue;
        const std::array p{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          extent.low[a] = std::min(extent.low[a], p[a]);
          extent.high[a] = std::max(extent.high[a], p[a]);
        }
      }
  return extent;
}

[[noreturn]] void fail_elsewhere(const char* what) {
  throw Error(Error::Kind::data, str("the mask's voxels are not the image's (", what,
                                     "). Resample the mask to the image's grid."));
}

}  // namespace

Mask place_mask(const Mask& mask, const Grid& grid) {
  const Map map(mask.grid(), grid);
  const Mat3 steps = map.linear.array().round();
  // Rounding must not move any voxel of the mask by more than the tolerance.
  Vec3 extent;
  for (std::size_t a = 0; a < 3; ++a) extent[Index(a)] = double(mask.grid().size[a] - 1);
  const Vec3 first = map.shift.array().round();
  const Vec3 moved = (map.linear - steps).cwiseAbs() * extent + (map.shift - first).cwiseAbs();
  if (moved.cwiseProduct(grid.spacing).maxCoeff() > tolerance_mm ||
      std::abs(std::abs(steps.determinant()) - 1) > 1e-9)
    fail_elsewhere("spacing, direction or origin differ");

  Mask placed(grid);
  const auto [nx, ny, nz] = mask.grid().size;
  for (Index k = 0; k < nz; ++k)
    for (Index j = 0; j < ny; ++j)
      for (Index i = 0; i < nx; ++i) {
        if (!mask(i, j, k)) continue;
        const Vec3 p = steps * Vec3(double(i), double(j), double(k)) + first;
        std::array<Index, 3> to{};
        for (std::size_t a = 0; a < 3; ++a) {
          to[a] = Index(std::lround(p[Index(a)]));
          if (to[a] < 0 || to[a] >= grid.size[a]) fail_elsewhere("some lie outside the image");
        }
        placed(to[0], to[1], to[2]) = 1;
      }
  return placed;
}

Mask resample_mask(const Mask& mask, const Grid& grid) {
  const Map map(grid, mask.grid());
  const Extent extent = extent_of(mask);
  const auto& size = mask.grid().size;
  const auto at = [&](Index i, Index j, Index k) {
    const bool inside = i >= 0 && j >= 0 && k >= 0 && i < size[0] && j < size[1] && k < size[2];
    return inside && mask(i, j, k) ? 1.0 : 0.0;
  };
  Mask resampled(grid);
  parallel_for(grid.size[2], [&](Index k) {
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Vec3 p = map(Vec3(double(i), double(j), double(k)));
        std::array<Index, 3> low{};
        std::array<double, 3> f{};
        bool near = true;
        for (std::size_t a = 0; a < 3; ++a) {
          const double x = p[Index(a)];
          near = near && x > double(extent.low[a]) - 1 && x < double(extent.high[a]) + 1;
          if (!near) break;
          low[a] = Index(std::floor(x));
          f[a] = x - double(low[a]);
        }
        if (!near) continue;
        double value = 0;
        for (int corner = 0; corner < 8; ++corner) {
          const Index x = corner & 1, y = corner >> 1 & 1, z = corner >> 2;
          value += (x ? f[0] : 1 - f[0]) * (y ? f[1] : 1 - f[1]) * (z ? f[2] : 1 - f[2]) *
                   at(low[0] + x, low[1] + y, low[2] + z);
        }
        if (value >= 0.5 - 1e-9) resampled(i, j, k) = 1;
      }
  });
  const auto values = resampled.values();
  require(std::any_of(values.begin(), values.end(), [](std::uint8_t v) { return v != 0; }),
          Error::Kind::data,
          "nothing of the mask is left on the image's grid (it lies outside the image, or no voxel "
          "is half covered). Check that they belong together.");
  return resampled;
}

}  // namespace vitrine::io

#include "vitrine/recon/detail/fit_grids.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::recon::detail {
namespace {

constexpr double coarse_pixel = 1.0, coarse_height = 2.0;  // mm, about
constexpr double end_margin = 2.0;                         // mm of voxels beyond either end

/// Fine voxels that are about as large as a coarse one.
Index at_most(double spacing, double coarse) {
  return std::max<Index>(1, Index(std::ceil(coarse / spacing - 1e-9)));
}
/// Fine voxels that make a coarse one: as many as are allowed and fill the grid.
Index together(Index count, double spacing, double coarse, double largest) {
  Index m = std::max<Index>(1, std::min(at_most(spacing, coarse), Index(largest / spacing)));
  while (count % m != 0) --m;
  return m;
}

}  // namespace

FitGrid::FitGrid(const Grid& image, double slice_thickness, const ScanGeometry& scan)
    : voxels(image) {
  const double most = std::min(slice_thickness, std::max(2.0 * scan.row_pitch_at_iso(), 0.3));
  const double increment = image.spacing.z();
  per_slice = std::max<Index>(1, Index(std::ceil(increment / most - 1e-9)));
  const double height = increment / double(per_slice);
  const double reach = 0.5 * slice_thickness - 0.5 * height;
  first = std::max<Index>(Index(std::ceil(std::max(reach, 0.0) / height - 1e-9)),
                          Index(std::ceil(end_margin / height)));
  voxels.size[2] = (image.size[2] - 1) * per_slice + 1 + 2 * first;
  while (voxels.size[2] % at_most(height, coarse_height) != 0) ++voxels.size[2];
  voxels.spacing.z() = height;
  voxels.origin.z() = image.origin.z() - double(first) * height;
}

std::vector<FitGrid::Share> FitGrid::shares(double slice_thickness) const {
  const double height = voxels.spacing.z(), half = 0.5 * std::max(slice_thickness, height);
  std::vector<Share> out;
  for (Index n = -first; n <= first; ++n) {
    const double low = std::max(-half, (double(n) - 0.5) * height);
    const double high = std::min(half, (double(n) + 0.5) * height);
    if (high - low > 1e-9 * height) out.push_back({n, (high - low) / (2.0 * half)});
  }
  return out;
}

OuterGrid::OuterGrid(const Grid& fine, double radius, double low, double high, double tallest)
    : voxels(fine) {
  const double from[3] = {-radius, -radius, low}, to[3] = {radius, radius, high};
  for (int a = 0; a < 3; ++a) {
    const Index m = together(fine.size[std::size_t(a)], fine.spacing[a],
                             a < 2 ? coarse_pixel : coarse_height, a < 2 ? 1e3 : tallest);
    const double size = double(m) * fine.spacing[a];
    const double begin = fine.origin[a] - 0.5 * fine.spacing[a];
    const double end = begin + double(fine.size[std::size_t(a)]) * fine.spacing[a];
    const Index before = std::max<Index>(0, Index(std::ceil((begin - from[a]) / size - 1e-9)));
    const Index behind =
        std::max<Index>(0, Index(std::ceil((std::max(to[a], end) - begin) / size - 1e-9)));
    needed = needed || before > 0 || begin + double(behind) * size > end + 0.5 * size;
    voxels.size[std::size_t(a)] = before + behind;
    voxels.spacing[a] = size;
    voxels.origin[a] = begin + (0.5 - double(before)) * size;
    for (Index i = 0; i < before + behind; ++i) {
      const double at = begin + double(i - before) * size;
      inside_[a].push_back(std::clamp(std::min(end, at + size) - std::max(begin, at), 0.0, size) /
                           size);
    }
  }
}

double OuterGrid::outside(Index i, Index j, Index k) const {
  return 1.0 - inside_[0][std::size_t(i)] * inside_[1][std::size_t(j)] * inside_[2][std::size_t(k)];
}

}  // namespace vitrine::recon::detail

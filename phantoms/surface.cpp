#include "vitrine/phantoms/surface.hpp"

#include <cmath>

#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/digitise.hpp"

namespace vitrine::phantoms {
namespace {

/// Weights 1/4, 1/2, 1/4 along one axis: shares come from a few lines a voxel, whose raster would
/// else roughen the surface.
void smooth(std::vector<double>& values, Index size, Index stride) {
  const auto step = std::size_t(stride), line = std::size_t(size) * step;
  std::vector<double> out(values.size(), 0.0);
  for (std::size_t first = 0; first < values.size(); first += line)
    for (std::size_t v = first + step; v < first + line - step; ++v)  // the rim is empty
      out[v] = 0.5 * values[v] + 0.25 * (values[v - step] + values[v + step]);
  values = std::move(out);
}

}  // namespace

double surface_area(const Scene& scene, const LesionTruth& lesion, int across) {
  VITRINE_EXPECT(across >= 4);
  constexpr Index rim = 3;  // empty voxels around it
  const double extent = reach(scene, lesion);
  Grid grid;
  grid.spacing = Vec3::Constant(2.0 * extent / double(across));
  grid.size.fill(Index(across) + 2 * rim);
  grid.origin = lesion.centre - 0.5 * double(Index(across) + 2 * rim - 1) * grid.spacing;
  const auto shares = occupancy(scene, lesion, grid);
  std::vector<double> share(shares.values().begin(), shares.values().end());
  const Index n = grid.size[0];
  for (const Index stride : {Index(1), n, n * n}) smooth(share, n, stride);
  std::vector<double> of_slice(std::size_t(n), 0.0);
  parallel_for(n - 2, [&](Index slice) {
    const Index k = slice + 1;
    double sum = 0.0;
    for (Index j = 1; j + 1 < n; ++j)
      for (Index i = 1; i + 1 < n; ++i) {
        const double* const at = share.data() + grid.offset(i, j, k);
        const double x = at[1] - at[-1], y = at[n] - at[-n], z = at[n * n] - at[-n * n];
        sum += std::sqrt(x * x + y * y + z * z);
      }
    of_slice[std::size_t(k)] = sum;
  });
  double sum = 0.0;
  for (const double slice : of_slice) sum += slice;
  return sum * grid.voxel_volume() / (2.0 * grid.spacing.x());
}

}  // namespace vitrine::phantoms

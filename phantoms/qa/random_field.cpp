#include <algorithm>
#include <cmath>

#include "vitrine/phantoms/qa/detail/random_field.hpp"
#include "vitrine/phantoms/random_field.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// Share of the trilinear interpolation's integral that belongs to a point: less at the faces.
double share(const Grid& grid, Index i, Index j, Index k) {
  const auto one = [](Index at, Index n) { return at == 0 || at == n - 1 ? 0.5 : 1.0; };
  return one(i, grid.size[0]) * one(j, grid.size[1]) * one(k, grid.size[2]);
}

/// The mean of body(value) over the grid, with the shares of its points.
template <class Body>
double mean_of(const Grid& grid, const std::vector<float>& values, Body&& body) {
  double sum = 0.0, all = 0.0;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const double weight = share(grid, i, j, k);
        sum += weight * body(double(values[std::size_t(grid.offset(i, j, k))]));
        all += weight;
      }
  return sum / all;
}

}  // namespace

void remove_mean(const Grid& grid, std::vector<float>& values) {
  const double mean = mean_of(grid, values, [](double v) { return v; });
  for (float& v : values) v = static_cast<float>(double(v) - mean);
}

std::vector<float> random_field(const Grid& grid, const Vec3& lengths, Rng rng) {
  FieldOnGrid field = phantoms::random_field(grid, Spectrum::gaussian(lengths), rng);
  std::vector<float>& values = field.values;
  for (float& v : values) v = std::clamp(v, -3.0f, 3.0f);
  remove_mean(grid, values);
  const double variance = mean_of(grid, values, [](double v) { return v * v; });
  const double scale = 1.0 / std::sqrt(variance * field.interpolated_variance);
  for (float& v : values) v = static_cast<float>(scale * double(v));
  return std::move(values);
}

}  // namespace vitrine::phantoms::detail

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/phantoms/qa/detail/random_field.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// Weights exp(-x^2 / 2 s^2) of sum of squares 1: white noise keeps its variance.
std::vector<double> bell(double s) {
  const auto reach = Index(std::ceil(3.5 * s));
  std::vector<double> weights;
  double squares = 0.0;
  for (Index i = -reach; i <= reach; ++i) {
    weights.push_back(s > 0.0 ? math::exp(-0.5 * double(i * i) / (s * s)) : 1.0);
    squares += weights.back() * weights.back();
  }
  for (double& w : weights) w /= std::sqrt(squares);
  return weights;
}

/// One axis of an array filtered, and shortened by the filter's reach at both ends.
std::vector<float> filtered(const std::vector<float>& values, std::array<Index, 3>& size, int axis,
                            const std::vector<double>& weights) {
  const std::array<Index, 3> from = size;
  const auto a = std::size_t(axis);
  size[a] -= std::ssize(weights) - 1;
  const Index stride = axis == 0 ? 1 : axis == 1 ? from[0] : from[0] * from[1];
  std::vector<float> out(std::size_t(size[0] * size[1] * size[2]));
  parallel_for(size[1] * size[2], [&](Index row) {
    const Index j = row % size[1], k = row / size[1];
    for (Index i = 0; i < size[0]; ++i) {
      const Index first = (k * from[1] + j) * from[0] + i;
      double sum = 0.0;
      for (std::size_t w = 0; w < weights.size(); ++w)
        sum += weights[w] * double(values[std::size_t(first + Index(w) * stride)]);
      out[std::size_t(row * size[0] + i)] = static_cast<float>(sum);
    }
  });
  return out;
}

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
  // Noise filtered by exp(-x^2/2s^2) has the covariance exp(-x^2/4s^2).
  std::array<std::vector<double>, 3> bells;
  std::array<Index, 3> size = grid.size;
  double between = 1.0;  // variance that interpolation leaves, averaged over positions in a cell
  for (int a = 0; a < 3; ++a) {
    const double voxels = lengths[a] / grid.spacing[a];
    bells[std::size_t(a)] = bell(voxels / std::sqrt(2.0));
    size[std::size_t(a)] += std::ssize(bells[std::size_t(a)]) - 1;
    between *= (2.0 + math::exp(-0.5 / (voxels * voxels))) / 3.0;
  }
  std::vector<float> values(std::size_t(size[0] * size[1] * size[2]));
  for (float& v : values) v = static_cast<float>(rng.normal());
  for (int a = 0; a < 3; ++a) values = filtered(values, size, a, bells[std::size_t(a)]);

  for (float& v : values) v = std::clamp(v, -3.0f, 3.0f);
  remove_mean(grid, values);
  const double variance = mean_of(grid, values, [](double v) { return v * v; });
  const double scale = 1.0 / std::sqrt(variance * between);
  for (float& v : values) v = static_cast<float>(scale * double(v));
  return values;
}

}  // namespace vitrine::phantoms::detail

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/mask_change.hpp"

namespace vitrine::radiomics {
namespace {

/// A Gaussian field of mean 0 and variance 1 on the part's voxels, its correlation at distance d
/// exp(-d^2 / (2 length^2)). Its values belong to samples, not to the part: white noise drawn
/// sample by sample, smoothed by a Gaussian of length / sqrt(2).
std::vector<double> random_field(const MaskPart& part, double length, const Stream& stream) {
  const Grid& grid = part.mask.grid();
  std::array<std::vector<double>, 3> weights;
  std::array<Index, 3> size = grid.size, low = part.low;
  for (std::size_t a = 0; a < 3; ++a) {
    weights[a] = gaussian(length / (std::sqrt(2.0) * grid.spacing[Index(a)]));
    size[a] += std::ssize(weights[a]) - 1;
    low[a] -= (std::ssize(weights[a]) - 1) / 2;
  }
  std::vector<double> field(std::size_t(size[0] * size[1] * size[2]));
  parallel_for(size[2], [&](Index k) {
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i)
        field[std::size_t((k * size[1] + j) * size[0] + i)] =
            Rng(stream, address_of({low[0] + i, low[1] + j, low[2] + k})).normal();
  });
  return convolved(std::move(field), size, weights);
}

/// The offset of the boundary with which as many voxels are expected inside as `count`.
double unbiased_offset(std::vector<double> distances, double sd, double count) {
  std::sort(distances.begin(), distances.end());  // few differ: distances between voxels
  const auto expected = [&](double offset) {
    double sum = 0;
    for (std::size_t first = 0, next = 0; first < distances.size(); first = next) {
      while (next < distances.size() && distances[next] == distances[first]) ++next;
      sum += double(next - first) * math::normal_cdf((offset - distances[first]) / sd);
    }
    return sum;
  };
  double low = -16 * sd, high = 16 * sd;  // distances end at 7
  for (int halving = 0; halving < 60; ++halving) {
    const double middle = 0.5 * (low + high);
    (expected(middle) < count ? low : high) = middle;
  }
  return 0.5 * (low + high);
}

}  // namespace

MaskPart with_random_contour(const MaskPart& part, double sd, double correlation,
                             const Stream& stream, InImage in_image) {
  const double reach = 7 * sd;  // further off a voxel keeps its side: probability 1e-12
  MaskPart room = padded(part, room_for(part.mask.grid(), reach));
  const Grid& grid = room.mask.grid();
  const auto outside = squared_distances(room.mask, true, reach);
  const auto inside = squared_distances(room.mask, false, reach);
  std::vector<double> distance(outside.size()), reachable;
  double count = 0;
  const auto each = [&](auto&& use) {
    for (Index k = 0; k < grid.size[2]; ++k)
      for (Index j = 0; j < grid.size[1]; ++j)
        for (Index i = 0; i < grid.size[0]; ++i)
          use(std::size_t(grid.offset(i, j, k)), room.sample(i, j, k));
  };
  each([&](std::size_t v, const std::array<Index, 3>& sample) {
    distance[v] = std::sqrt(outside[v]) - std::sqrt(inside[v]);
    if (!in_image(sample)) return;
    reachable.push_back(distance[v]);
    count += room.mask.values()[v] != 0;
  });
  if (count == 0) return room;
  const double offset = unbiased_offset(std::move(reachable), sd, count);
  const auto field = random_field(room, correlation, stream);
  Mask drawn(grid);
  each([&](std::size_t v, const std::array<Index, 3>& sample) {
    drawn.values()[v] = in_image(sample) && distance[v] + sd * field[v] < offset;
  });
  room.mask = std::move(drawn);
  return room;
}

}  // namespace vitrine::radiomics

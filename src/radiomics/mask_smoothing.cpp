#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/mask_change.hpp"

namespace vitrine::radiomics {

std::vector<double> gaussian(double sd) {
  const auto half = Index(std::ceil(4 * sd));
  std::vector<double> weights;
  double squares = 0;
  for (Index i = -half; i <= half; ++i) {
    const double t = half == 0 ? 0 : double(i) / sd;
    weights.push_back(math::exp(-0.5 * t * t));
    squares += weights.back() * weights.back();
  }
  for (double& w : weights) w /= std::sqrt(squares);
  return weights;
}

std::vector<double> convolved(std::vector<double> field, std::array<Index, 3> size,
                              const std::array<std::vector<double>, 3>& weights) {
  for (std::size_t axis = 0; axis < 3; ++axis) {
    std::array<Index, 3> next = size;
    next[axis] -= std::ssize(weights[axis]) - 1;
    const Index stride = axis == 0 ? 1 : axis == 1 ? size[0] : size[0] * size[1];
    std::vector<double> smooth(std::size_t(next[0] * next[1] * next[2]));
    parallel_for(next[2], [&](Index k) {
      for (Index j = 0; j < next[1]; ++j)
        for (Index i = 0; i < next[0]; ++i) {
          const double* from = field.data() + (k * size[1] + j) * size[0] + i;
          double sum = 0;
          for (std::size_t w = 0; w < weights[axis].size(); ++w)
            sum += weights[axis][w] * from[Index(w) * stride];
          smooth[std::size_t((k * next[1] + j) * next[0] + i)] = sum;
        }
    });
    field = std::move(smooth);
    size = next;
  }
  return field;
}

std::vector<double> density_of(const Mask& mask) {
  const Grid& grid = mask.grid();
  const double sd = 1.5 * math::cbrt(grid.voxel_volume());
  std::array<std::vector<double>, 3> weights;
  std::array<Index, 3> margin{};
  for (std::size_t a = 0; a < 3; ++a) {
    weights[a] = gaussian(sd / grid.spacing[Index(a)]);
    margin[a] = (std::ssize(weights[a]) - 1) / 2;
  }
  const Mask room = padded(mask, margin);
  std::vector<double> values(room.values().begin(), room.values().end());
  return convolved(std::move(values), room.grid().size, weights);
}

}  // namespace vitrine::radiomics

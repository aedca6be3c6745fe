#include "vitrine/evaluation/roi.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::evaluation {
namespace {

RoiStatistics statistics(const std::vector<double>& values) {
  RoiStatistics s{NAN, NAN, std::ssize(values)};
  if (values.empty()) return s;
  double sum = 0.0, squares = 0.0;
  for (const double v : values) sum += v;
  s.mean = sum / double(values.size());
  for (const double v : values) squares += (v - s.mean) * (v - s.mean);
  if (values.size() > 1) s.sd = std::sqrt(squares / double(values.size() - 1));
  return s;
}

/// Offsets of the voxels whose centres lie in the ball, looking at its bounding box only.
std::vector<Index> offsets_in_ball(const Grid& grid, const Vec3& centre, double radius) {
  const Vec3 middle = (grid.axes.transpose() * (centre - grid.origin)).cwiseQuotient(grid.spacing);
  std::array<Index, 3> first, last;
  for (int d = 0; d < 3; ++d) {
    const double reach = radius / grid.spacing[d];
    first[std::size_t(d)] = std::max<Index>(0, Index(std::floor(middle[d] - reach)));
    last[std::size_t(d)] =
        std::min<Index>(grid.size[std::size_t(d)] - 1, Index(std::ceil(middle[d] + reach)));
  }
  std::vector<Index> offsets;
  for (Index k = first[2]; k <= last[2]; ++k)
    for (Index j = first[1]; j <= last[1]; ++j)
      for (Index i = first[0]; i <= last[0]; ++i)
        if ((grid.centre(i, j, k) - centre).squaredNorm() <= radius * radius)
          offsets.push_back(grid.offset(i, j, k));
  return offsets;
}

}  // namespace

RoiStatistics ball(const Image& image, const Vec3& centre, double radius) {
  std::vector<double> values;
  for (const Index offset : offsets_in_ball(image.grid(), centre, radius))
    values.push_back(double(image.values()[std::size_t(offset)]));
  return statistics(values);
}

RoiStatistics masked(const Image& image, const Mask& mask) {
  require(image.grid() == mask.grid(), Error::Kind::data, "image and mask have different grids");
  std::vector<double> values;
  for (std::size_t i = 0; i < image.values().size(); ++i)
    if (mask.values()[i] != 0) values.push_back(double(image.values()[i]));
  return statistics(values);
}

RoiStatistics difference_in_ball(const Image& a, const Image& b, const Vec3& centre,
                                 double radius) {
  require(a.grid() == b.grid(), Error::Kind::data, "the two images have different grids");
  std::vector<double> values;
  for (const Index offset : offsets_in_ball(a.grid(), centre, radius)) {
    const auto i = std::size_t(offset);
    values.push_back((double(a.values()[i]) - double(b.values()[i])) / std::sqrt(2.0));
  }
  return statistics(values);
}

}  // namespace vitrine::evaluation

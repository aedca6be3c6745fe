#include "vitrine/evaluation/image_quality/plane.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::evaluation {
namespace {

/// Two passes: the mean, then the squares about it.
RoiStatistics statistics(const std::vector<double>& values) {
  RoiStatistics s;
  s.voxels = std::ssize(values);
  double sum = 0.0, squares = 0.0;
  for (const double v : values) sum += v;
  s.mean = sum / double(s.voxels);
  for (const double v : values) squares += (v - s.mean) * (v - s.mean);
  s.sd = std::sqrt(squares / double(s.voxels - 1));
  return s;
}

}  // namespace

Plane mean_plane(const Image& image, Slices slices) {
  const Grid& grid = image.grid();
  require(0 <= slices.first && slices.first <= slices.last && slices.last < grid.size[2],
          Error::Kind::input, "there are no slices ", slices.first, " to ", slices.last,
          " (the image has slices 0 to ", grid.size[2] - 1, "). Choose from those.");
  constexpr double square = 1e-4;
  require(std::abs(grid.spacing.x() - grid.spacing.y()) <= square * grid.spacing.x(),
          Error::Kind::data, "pixels are ", grid.spacing.x(), " x ", grid.spacing.y(),
          " mm (image quality is defined here for square ones). Resample the image in its plane.");
  Plane plane;
  plane.columns = grid.size[0];
  plane.rows = grid.size[1];
  plane.pixel = grid.spacing.x();
  plane.first = Vec2(grid.axes.col(0).dot(grid.origin), grid.axes.col(1).dot(grid.origin));
  const auto pixels = std::size_t(plane.columns * plane.rows);
  plane.value.assign(pixels, 0.0);
  const double share = 1.0 / double(slices.last - slices.first + 1);
  for (Index k = slices.first; k <= slices.last; ++k) {
    const auto slice = image.values().subspan(std::size_t(k) * pixels, pixels);
    for (std::size_t p = 0; p < pixels; ++p) {
      require(std::isfinite(slice[p]), Error::Kind::data, "pixel (", Index(p) % plane.columns, ", ",
              Index(p) / plane.columns, ") of slice ", k, " is ", slice[p],
              " (a CT number must be finite). Write the image anew, or choose other "
              "slices.");
      plane.value[p] += share * double(slice[p]);
    }
  }
  return plane;
}

Plane noise_plane(const Plane& a, const Plane& b) {
  require(a.columns == b.columns && a.rows == b.rows && std::abs(a.pixel - b.pixel) < 1e-6,
          Error::Kind::data, "the two images have ", a.columns, " x ", a.rows, " and ", b.columns,
          " x ", b.rows, " pixels of ", a.pixel, " and ", b.pixel,
          " mm (a difference needs the same pixels). Reconstruct both alike.");
  Plane difference = a;
  for (std::size_t p = 0; p < a.value.size(); ++p)
    difference.value[p] = (a.value[p] - b.value[p]) / std::sqrt(2.0);
  return difference;
}

double slice_position(const Grid& grid, Index slice) {
  return grid.axes.col(2).dot(grid.origin) + grid.spacing.z() * double(slice);
}

Index slice_at(const Grid& grid, double position) {
  const double at = (position - slice_position(grid, 0)) / grid.spacing.z();
  const Index slice = Index(std::floor(at + 0.5));
  require(slice >= 0 && slice < grid.size[2], Error::Kind::input, "z = ", position,
          " mm is outside of the image (its slices lie from ", slice_position(grid, 0), " to ",
          slice_position(grid, grid.size[2] - 1), " mm). Choose a slice in between.");
  return slice;
}

void require_inside(const Plane& plane, const Vec2& centre, double radius, std::string_view what) {
  const Vec2 low = plane.first - Vec2::Constant(0.5 * plane.pixel);
  const Vec2 high =
      plane.first + plane.pixel * Vec2(double(plane.columns) - 0.5, double(plane.rows) - 0.5);
  const bool inside = ((centre.array() - radius) >= low.array() - 1e-9).all() &&
                      ((centre.array() + radius) <= high.array() + 1e-9).all();
  require(inside, Error::Kind::input, what, " of radius ", radius, " mm about (", centre.x(), ", ",
          centre.y(), ") mm leaves the image (which shows x ", low.x(), " to ", high.x(), ", y ",
          low.y(), " to ", high.y(),
          " mm). Move it, make it smaller, or use a larger field of "
          "view.");
}

PixelBox pixels_about(const Plane& plane, const Vec2& centre, double radius) {
  const Vec2 low = (centre - plane.first - Vec2::Constant(radius)) / plane.pixel;
  const Vec2 high = (centre - plane.first + Vec2::Constant(radius)) / plane.pixel;
  return {std::max<Index>(0, Index(std::floor(low.x()))),
          std::min(plane.columns - 1, Index(std::ceil(high.x()))),
          std::max<Index>(0, Index(std::floor(low.y()))),
          std::min(plane.rows - 1, Index(std::ceil(high.y())))};
}

RoiStatistics disc(const Plane& plane, const Vec2& centre, double radius, std::string_view what) {
  require_inside(plane, centre, radius, what);
  std::vector<double> values;
  for_disc(plane, centre, radius, [&](const Vec2&, double v) { values.push_back(v); });
  require(values.size() >= 2, Error::Kind::input, what, " of radius ", radius, " mm holds ",
          values.size(), " pixel(s) of ", plane.pixel,
          " mm (statistics need two). Make it larger.");
  return statistics(values);
}

RoiStatistics ring(const Plane& plane, const Vec2& centre, double inner, double outer) {
  require_inside(plane, centre, outer, "the ring");
  std::vector<double> values;
  for_disc(plane, centre, outer, [&](const Vec2& at, double v) {
    if ((at - centre).norm() > inner) values.push_back(v);
  });
  require(values.size() >= 2, Error::Kind::input, "the ring from ", inner, " to ", outer,
          " mm holds ", values.size(), " pixel(s) of ", plane.pixel,
          " mm (statistics need two). Make it wider.");
  return statistics(values);
}

}  // namespace vitrine::evaluation

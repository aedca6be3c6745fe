#include "vitrine/recon/image_grid.hpp"

#include "vitrine/core/math.hpp"

namespace vitrine::recon {

Grid image_grid(const ImageBox& box, const Mat3& axes) {
  require(box.field_of_view > 0.0 && box.matrix > 0 && box.slices > 0 && box.slice_increment > 0.0,
          Error::Kind::input,
          "an image needs a field of view, a matrix, slices and an increment above 0 (these are ",
          box.field_of_view, " mm, ", box.matrix, ", ", box.slices, ", ", box.slice_increment,
          " mm)");
  Grid grid;
  grid.size = {box.matrix, box.matrix, box.slices};
  const double pixel = box.field_of_view / double(box.matrix);
  grid.spacing = Vec3(pixel, pixel, box.slice_increment);
  const Vec3 last(double(box.matrix - 1), double(box.matrix - 1), double(box.slices - 1));
  grid.axes = axes;
  grid.origin = axes == Mat3::Identity()
                    ? Vec3(box.centre - 0.5 * grid.spacing.cwiseProduct(last))
                    : Vec3(box.centre - axes * (0.5 * grid.spacing.cwiseProduct(last)));
  return grid;
}

Grid image_grid(const RawScan::Box& box, const ScanGeometry& scan) {
  return image_grid({box.field_of_view, box.matrix, box.centre, box.slices, box.slice_increment},
                    box.axes.value_or(scan.gantry_axes()));
}

Vec3 table_direction(double gantry_tilt) {
  return {0.0, gantry_tilt == 0.0 ? 0.0 : -math::tan(gantry_tilt), 1.0};
}

std::array<double, 2> reach_along(const Grid& grid, const Vec3& direction) {
  double low = direction.dot(grid.origin), high = low;
  for (int c = 0; c < 3; ++c) {
    const double step =
        direction.dot(grid.axes.col(c)) * grid.spacing[c] * double(grid.size[std::size_t(c)] - 1);
    (step < 0.0 ? low : high) += step;
  }
  return {low, high};
}

}  // namespace vitrine::recon

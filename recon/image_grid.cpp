#include "vitrine/recon/image_grid.hpp"

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

}  // namespace vitrine::recon

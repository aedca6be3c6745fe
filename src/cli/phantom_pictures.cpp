#include "vitrine/cli/phantom_pictures.hpp"

#include "vitrine/trial/object.hpp"

namespace vitrine::cli {
namespace {

constexpr Index pixels = 300;
constexpr double energy = 70.0;  // keV

/// One square slice about `centre`: i along `right`, j along `down`.
Grid plane(const Vec3& centre, const Vec3& right, const Vec3& down, double edge) {
  Grid grid;
  grid.size = {pixels, pixels, 1};
  grid.spacing = Vec3(edge / double(pixels), edge / double(pixels), 1.0);
  grid.axes.col(0) = right;
  grid.axes.col(1) = down;
  grid.axes.col(2) = right.cross(down);
  grid.origin = centre - 0.5 * double(pixels - 1) * grid.spacing.x() * (right + down);
  return grid;
}

}  // namespace

std::vector<report::Bitmap> pictures(const Scene& scene, const Grid& box) {
  const Vec3 last = box.centre(box.size[0] - 1, box.size[1] - 1, box.size[2] - 1);
  const Vec3 middle = 0.5 * (box.origin + last);
  const Vec3 at = scene.lesions.empty() ? middle : scene.lesions.front().centre;
  const double edge = 1.05 * (last - box.origin).maxCoeff();

  const auto slice = [&](const Grid& grid) { return trial::object_image(scene, grid, energy); };
  const auto draw = [](const Image& image, const report::Window& window) {
    return report::draw(image, report::whole_slice(image.grid(), 0), window);
  };
  const Vec3 x = Vec3::UnitX(), y = Vec3::UnitY(), z = Vec3::UnitZ();
  const Image axial = slice(plane({middle.x(), middle.y(), at.z()}, x, y, edge));
  const Image coronal = slice(plane({middle.x(), at.y(), middle.z()}, x, -z, edge));
  const Image sagittal = slice(plane({at.x(), middle.y(), middle.z()}, y, -z, edge));
  return {draw(axial, report::mediastinum_window()), draw(axial, report::lung_window()),
          draw(coronal, report::mediastinum_window()),
          draw(sagittal, report::mediastinum_window())};
}

}  // namespace vitrine::cli

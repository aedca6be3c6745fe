#pragma once
#include <string_view>

#include "vitrine/evaluation/roi.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

using Vec2 = Eigen::Vector2d;

/// Slices `first` to `last` of an image, both included.
struct Slices {
  Index first = 0, last = 0;
};

/// A slice, or the mean of several, as image quality is measured on it.
///
/// Positions in the plane are distances [mm] along the image's rows and columns: patient x and y
/// for an untilted axial image. Pixels are square.
struct Plane {
  Index columns = 0, rows = 0;
  double pixel = 1.0;         ///< edge of a pixel, mm
  Vec2 first{0.0, 0.0};       ///< position of the centre of pixel (0, 0), mm
  std::vector<double> value;  ///< HU, rows from the first

  double operator()(Index i, Index j) const { return value[std::size_t(j * columns + i)]; }
  Vec2 position(Index i, Index j) const { return first + pixel * Vec2(double(i), double(j)); }
  Vec2 middle() const { return first + 0.5 * pixel * Vec2(double(columns - 1), double(rows - 1)); }
  double nyquist() const { return 0.5 / pixel; }  ///< 1/mm
};

/// The mean of slices. Throws Error (data) if there are no such slices, pixels are not square (to
/// 1e-4) or a value is not finite.
Plane mean_plane(const Image& image, Slices slices);

/// (a - b) / sqrt 2: the noise of either without the structure that both share. Throws Error (data)
/// unless both have the same pixels.
Plane noise_plane(const Plane& a, const Plane& b);

/// Distance of a slice along the image's own axis: patient z for an untilted axial image, mm.
double slice_position(const Grid& grid, Index slice);

/// The slice nearest to a position. Throws Error (input) if that is more than a slice outside.
Index slice_at(const Grid& grid, double position);

/// Throws Error (input) unless the disc of `radius` about `centre` lies in the plane; `what` names
/// it in the message.
void require_inside(const Plane& plane, const Vec2& centre, double radius, std::string_view what);

/// The pixels a loop over a disc has to look at, first and last included.
struct PixelBox {
  Index left = 0, right = 0, top = 0, bottom = 0;
};
PixelBox pixels_about(const Plane& plane, const Vec2& centre, double radius);

/// Call `visit(position, value)` for the pixels whose centres lie within `radius` of `centre`.
template <class Visit>
void for_disc(const Plane& plane, const Vec2& centre, double radius, Visit visit) {
  const PixelBox box = pixels_about(plane, centre, radius);
  for (Index j = box.top; j <= box.bottom; ++j)
    for (Index i = box.left; i <= box.right; ++i)
      if (const Vec2 at = plane.position(i, j); (at - centre).norm() <= radius)
        visit(at, plane(i, j));
}

/// Mean and standard deviation in a disc. Throws Error (input) if it leaves the plane or holds no
/// pixel.
RoiStatistics disc(const Plane& plane, const Vec2& centre, double radius, std::string_view what);

/// Mean and standard deviation between two radii about a point.
RoiStatistics ring(const Plane& plane, const Vec2& centre, double inner, double outer);

}  // namespace vitrine::evaluation

#include "vitrine/phantoms/solids.hpp"

#include <cmath>

namespace vitrine::phantoms {

Solid ellipsoid(const Vec3& centre, const Vec3& half_axes, const Mat3& axes) {
  Solid solid;
  solid.centre = centre;
  solid.half_axes = half_axes;
  solid.axes = axes;
  return solid;
}

Solid column(const Vec3& centre, double rx, double ry, double half_length) {
  Solid solid = ellipsoid(centre, Vec3(rx, ry, half_length));
  solid.kind = Solid::Kind::cylinder;
  return solid;
}

Solid capsule(const Vec3& from, const Vec3& to, double radius) {
  const Vec3 along = to - from;
  const double length = along.norm();
  const Vec3 z = length > 0.0 ? Vec3(along / length) : Vec3::UnitZ();
  Solid solid = ellipsoid(0.5 * (from + to), Vec3(radius, radius, 0.5 * length), frame_along(z));
  solid.kind = Solid::Kind::capsule;
  return solid;
}

Mat3 frame_along(const Vec3& z) {
  const Vec3 helper = std::abs(z.x()) < 0.8 ? Vec3::UnitX() : Vec3::UnitY();
  Mat3 axes;
  axes.col(2) = z;
  axes.col(0) = helper.cross(z).normalized();
  axes.col(1) = z.cross(axes.col(0));
  return axes;
}

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/solids.hpp"

#include <cmath>

#include "vitrine/core/error.hpp"

namespace vitrine::phantoms {

Solid ellipsoid(const Vec3& centre, const Vec3& half_axes, const Mat3& axes) {
  return {Solid::Kind::ellipsoid, centre, half_axes, axes, {}};
}

Solid cylinder(const Vec3& centre, const Vec3& half_axes, const Mat3& axes) {
  return {Solid::Kind::cylinder, centre, half_axes, axes, {}};
}

Mat3 frame(const Vec3& direction, const Vec3& first) {
  Mat3 axes;
  axes.col(2) = direction.normalized();
  Vec3 x = first - first.dot(axes.col(2)) * axes.col(2);
  if (x.norm() < 1e-6 * first.norm()) {
    const Vec3 other = std::abs(axes(0, 2)) < 0.9 ? Vec3::UnitX() : Vec3::UnitY();
    x = other - other.dot(axes.col(2)) * axes.col(2);
  }
  axes.col(0) = x.normalized();
  axes.col(1) = axes.col(2).cross(axes.col(0));
  return axes;
}

Mat3 frame_along(const Vec3& z) {
  const Vec3 helper = std::abs(z.x()) < 0.8 ? Vec3::UnitX() : Vec3::UnitY();
  Mat3 axes;
  axes.col(2) = z;
  axes.col(0) = helper.cross(z).normalized();
  axes.col(1) = z.cross(axes.col(0));
  return axes;
}

Solid capsule(const Vec3& a, const Vec3& b, double radius) {
  const Vec3 along = b - a;
  const double length = along.norm();
  const Mat3 axes = length > 0.0 ? frame(along) : Mat3(Mat3::Identity());
  return {Solid::Kind::capsule, 0.5 * (a + b), Vec3(radius, radius, 0.5 * length), axes, {}};
}

Solid cone(const Vec3& a, const Vec3& b, double radius_a, double radius_b, double flat,
           const Vec3& first) {
  const double middle = 0.5 * (radius_a + radius_b);
  return {Solid::Kind::cone,
          0.5 * (a + b),
          Vec3(middle, flat * middle, 0.5 * (b - a).norm()),
          frame(b - a, first),
          {},
          0.5 * (radius_b - radius_a) / middle};
}

Solid cut(Solid solid, const Vec3& point, const Vec3& outwards) {
  const Vec3 normal = outwards.normalized();
  solid.cuts.push_back({normal, normal.dot(point)});
  return solid;
}

void mitre(Solid& before, Solid& after, const Vec3& joint, const Vec3& in, const Vec3& out) {
  if (in.dot(out) < 0.0) return;  // sharper than a right angle: let them overlap
  const Vec3 normal = (in + out).normalized();
  const double offset = normal.dot(joint);
  before.cuts.push_back({normal, offset});
  after.cuts.push_back({-normal, -offset});
}

std::vector<Solid> tube(const std::vector<Vec3>& points, double radius) {
  VITRINE_EXPECT(points.size() >= 2);
  std::vector<Solid> out;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    out.push_back(capsule(points[i], points[i + 1], radius));
    if (i > 0)
      mitre(out[i - 1], out[i], points[i], (points[i] - points[i - 1]).normalized(),
            (points[i + 1] - points[i]).normalized());
  }
  return out;
}

std::vector<Solid> strap(const std::vector<Vec3>& points, const std::vector<Vec3>& thickness,
                         double half_thickness, double half_width) {
  VITRINE_EXPECT(points.size() >= 2 && points.size() == thickness.size());
  std::vector<Solid> out;
  for (std::size_t i = 0; i + 1 < points.size(); ++i) {
    const Vec3 along = points[i + 1] - points[i];
    const Vec3 unit = along.normalized();
    // Past a joint the cylinder goes on until the mitre has cut all of it.
    const double before = i == 0 ? 0.0 : half_width;
    const double after = i + 2 == points.size() ? 0.0 : half_width;
    const Vec3 a = points[i] - before * unit, b = points[i + 1] + after * unit;
    out.push_back(cylinder(0.5 * (a + b), Vec3(half_thickness, half_width, 0.5 * (b - a).norm()),
                           frame(along, thickness[i] + thickness[i + 1])));
    if (i > 0) mitre(out[i - 1], out[i], points[i], (points[i] - points[i - 1]).normalized(), unit);
  }
  return out;
}

}  // namespace vitrine::phantoms

#include "vitrine/model/scene.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vitrine {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// Where A t^2 + 2 B t + C <= 0 with A >= 0: inside a quadric that is closed along the line.
Interval quadric(double a, double b, double c) {
  if (a <= 0.0) return c <= 0.0 ? Interval{-infinity, infinity} : Interval{};
  const double discriminant = b * b - a * c;
  if (discriminant <= 0.0) return {};
  const double root = std::sqrt(discriminant);
  return {(-b - root) / a, (-b + root) / a};
}

/// Where |p + t d| <= half along one axis.
Interval slab(double p, double d, double half) {
  if (d == 0.0) return std::abs(p) <= half ? Interval{-infinity, infinity} : Interval{};
  const double t0 = (-half - p) / d;
  const double t1 = (half - p) / d;
  return {std::min(t0, t1), std::max(t0, t1)};
}

Interval overlap(const Interval& a, const Interval& b) {
  return {std::max(a.enter, b.enter), std::min(a.leave, b.leave)};
}

/// Smallest interval that holds both (their union, where the pieces belong to one convex solid).
Interval hull(const Interval& a, const Interval& b) {
  if (a.empty()) return b;
  if (b.empty()) return a;
  return {std::min(a.enter, b.enter), std::max(a.leave, b.leave)};
}

Interval tube(const Vec3& p, const Vec3& d, double rx, double ry) {
  const double px = p.x() / rx, py = p.y() / ry, dx = d.x() / rx, dy = d.y() / ry;
  return quadric(dx * dx + dy * dy, px * dx + py * dy, px * px + py * py - 1.0);
}

Interval ball(const Vec3& p, const Vec3& d, double radius) {
  return quadric(d.squaredNorm(), p.dot(d), p.squaredNorm() - radius * radius);
}

/// Where x^2 + y^2 <= s^2 and |z| <= 1 in units of the half axes, s = 1 + taper z >= 0 in there.
Interval cone(const Vec3& p, const Vec3& d, double taper) {
  // From the point nearest to the centre: large numbers would cancel.
  const double foot = -p.dot(d) / d.squaredNorm();
  const Vec3 q = p + foot * d;
  const double s = 1.0 + taper * q.z(), grows = taper * d.z();
  const double a = d.x() * d.x() + d.y() * d.y() - grows * grows;
  const double b = q.x() * d.x() + q.y() * d.y() - s * grows;
  const double c = q.x() * q.x() + q.y() * q.y() - s * s;
  const double discriminant = b * b - a * c;
  Interval inside{-infinity, infinity};
  if (discriminant <= 0.0 && a >= 0.0) {
    if (a > 0.0 || c > 0.0) return {};  // else parallel to the axis, or on it
  } else {
    const double sum = -(b + std::copysign(std::sqrt(std::max(discriminant, 0.0)), b));
    const double first = sum == 0.0 ? 0.0 : c / sum,
                 second = a == 0.0 ? std::copysign(infinity, -b) : sum / a;
    if (a < 0.0) {  // steeper than the surface: it enters or leaves the half that we are in once
      (grows > 0.0 ? inside.enter : inside.leave) =
          grows > 0.0 ? std::max(first, second) : std::min(first, second);
    } else {
      inside = {std::min(first, second), std::max(first, second)};
    }
  }
  const Interval ends = slab(q.z(), d.z(), 1.0);
  inside = overlap(inside, ends);
  return {inside.enter + foot, inside.leave + foot};
}

Interval uncut(const Solid& solid, const Vec3& p, const Vec3& d) {
  const Vec3& h = solid.half_axes;
  switch (solid.kind) {
    case Solid::Kind::ellipsoid: {
      const Vec3 q = p.cwiseQuotient(h);
      const Vec3 v = d.cwiseQuotient(h);
      return quadric(v.squaredNorm(), q.dot(v), q.squaredNorm() - 1.0);
    }
    case Solid::Kind::cylinder:
      return overlap(tube(p, d, h.x(), h.y()), slab(p.z(), d.z(), h.z()));
    case Solid::Kind::capsule: {
      const Vec3 end(0.0, 0.0, h.z());
      const Interval barrel = overlap(tube(p, d, h.x(), h.x()), slab(p.z(), d.z(), h.z()));
      return hull(barrel, hull(ball(p - end, d, h.x()), ball(p + end, d, h.x())));
    }
    case Solid::Kind::cone:
      return cone(p.cwiseQuotient(h), d.cwiseQuotient(h), solid.taper);
    case Solid::Kind::box:
      break;
  }
  return overlap(slab(p.x(), d.x(), h.x()),
                 overlap(slab(p.y(), d.y(), h.y()), slab(p.z(), d.z(), h.z())));
}

}  // namespace

Interval intersect(const Solid& solid, const Vec3& origin, const Vec3& direction) {
  Interval inside = uncut(solid, solid.axes.transpose() * (origin - solid.centre),
                          solid.axes.transpose() * direction);
  for (const Solid::Plane& cut : solid.cuts) {
    const double distance = cut.offset - cut.normal.dot(origin);
    const double speed = cut.normal.dot(direction);
    if (speed > 0.0) {
      inside.leave = std::min(inside.leave, distance / speed);
    } else if (speed < 0.0) {
      inside.enter = std::max(inside.enter, distance / speed);
    } else if (distance < 0.0) {
      return {};
    }
  }
  return inside;
}

bool contains(const Solid& solid, const Vec3& point) {
  for (const Solid::Plane& cut : solid.cuts)
    if (cut.normal.dot(point) > cut.offset) return false;
  const Vec3 p = solid.axes.transpose() * (point - solid.centre);
  const Vec3& h = solid.half_axes;
  switch (solid.kind) {
    case Solid::Kind::ellipsoid:
      return p.cwiseQuotient(h).squaredNorm() <= 1.0;
    case Solid::Kind::cylinder: {
      const double x = p.x() / h.x(), y = p.y() / h.y();
      return x * x + y * y <= 1.0 && std::abs(p.z()) <= h.z();
    }
    case Solid::Kind::capsule: {
      const double beyond = std::max(std::abs(p.z()) - h.z(), 0.0);
      return p.x() * p.x() + p.y() * p.y() + beyond * beyond <= h.x() * h.x();
    }
    case Solid::Kind::cone: {
      const double x = p.x() / h.x(), y = p.y() / h.y(), s = 1.0 + solid.taper * p.z() / h.z();
      return x * x + y * y <= s * s && std::abs(p.z()) <= h.z();
    }
    case Solid::Kind::box:
      break;
  }
  return std::abs(p.x()) <= h.x() && std::abs(p.y()) <= h.y() && std::abs(p.z()) <= h.z();
}

double bounding_radius(const Solid& solid) {
  const Vec3& h = solid.half_axes;
  switch (solid.kind) {
    case Solid::Kind::ellipsoid:
      return h.maxCoeff();
    case Solid::Kind::cylinder: {
      const double across = std::max(h.x(), h.y());
      return std::sqrt(across * across + h.z() * h.z());
    }
    case Solid::Kind::cone: {
      const double across = std::max(h.x(), h.y()) * (1.0 + std::abs(solid.taper));
      return std::sqrt(across * across + h.z() * h.z());
    }
    case Solid::Kind::capsule:
      return h.x() + h.z();
    case Solid::Kind::box:
      break;
  }
  return h.norm();
}

double reach(const Scene& scene, const LesionTruth& lesion) {
  double farthest = 0.0;
  for (const std::uint32_t s : lesion.solids)
    farthest = std::max(farthest, (scene.solids[s].centre - lesion.centre).norm() +
                                      bounding_radius(scene.solids[s]));
  if (lesion.map) {
    const Grid& grid = lesion.map->grid;
    const Vec3 last = grid.centre(grid.size[0] - 1, grid.size[1] - 1, grid.size[2] - 1);
    const Vec3 middle = 0.5 * (grid.origin + last);
    farthest =
        std::max(farthest, (middle - lesion.centre).norm() + 0.5 * (last - grid.origin).norm());
  }
  return farthest;
}

Solid moved(const Solid& solid, const Pose& pose) {
  Solid out = solid;
  out.centre = pose.apply(solid.centre);
  out.axes = pose.rotation * solid.axes;
  for (Solid::Plane& cut : out.cuts) {
    cut.normal = pose.rotation * cut.normal;
    cut.offset += cut.normal.dot(pose.translation);
  }
  return out;
}

Scene moved(Scene scene, const Pose& pose) {
  for (Solid& solid : scene.solids) solid = moved(solid, pose);
  const auto move_grid = [&](Grid& grid) {
    grid.origin = pose.apply(grid.origin);
    grid.axes = pose.rotation * grid.axes;
  };
  for (Patch& patch : scene.patches) move_grid(patch.grid);
  for (IndexedMap& map : scene.maps) move_grid(map.grid);
  for (LesionTruth& lesion : scene.lesions) {
    lesion.centre = pose.apply(lesion.centre);
    if (lesion.map) move_grid(lesion.map->grid);
  }
  return scene;
}

}  // namespace vitrine

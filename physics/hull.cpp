#include "vitrine/physics/detail/hull.hpp"

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"

namespace vitrine::physics::detail {
namespace {

using Planes = std::vector<Solid::Plane>;

/// Planes that touch a solid without its cuts, in its own axes about its centre.
Planes planes_about(const Solid& solid) {
  constexpr int sides = 8;
  const Vec3& h = solid.half_axes;
  Planes out;
  const auto add = [&](const Vec3& direction) {  // of unit length, where the half axes are 1
    out.push_back({direction.cwiseQuotient(h), direction.norm()});
  };
  const auto ends = [&](double half) {
    for (const double side : {-1.0, 1.0}) out.push_back({{0.0, 0.0, side}, half});
  };
  const auto tube = [&](double y_radius, double taper) {
    for (int i = 0; i < sides; ++i) {
      const double angle = 2.0 * std::numbers::pi * double(i) / double(sides);
      out.push_back(
          {Vec3(math::cos(angle) / h.x(), math::sin(angle) / y_radius, -taper / h.z()), 1.0});
    }
  };
  switch (solid.kind) {
    case Solid::Kind::ellipsoid:
      for (int x = -1; x <= 1; ++x)
        for (int y = -1; y <= 1; ++y)
          for (int z = -1; z <= 1; ++z)
            if (x != 0 || y != 0 || z != 0) add(Vec3(x, y, z));
      break;
    case Solid::Kind::cylinder:
    case Solid::Kind::cone:
      tube(h.y(), solid.kind == Solid::Kind::cone ? solid.taper : 0.0);
      ends(h.z());
      break;
    case Solid::Kind::capsule:
      tube(h.x(), 0.0);
      ends(h.z() + h.x());
      break;
    case Solid::Kind::box:
      for (int axis = 0; axis < 3; ++axis)
        for (const double side : {-1.0, 1.0}) add(side * Vec3::Unit(axis));
      break;
  }
  return out;
}

}  // namespace

std::vector<Vec3> hull_of(const Solid& solid) {
  if (solid.cuts.empty()) return {};
  Planes planes = planes_about(solid);
  for (const Solid::Plane& cut : solid.cuts)
    planes.push_back(
        {solid.axes.transpose() * cut.normal, cut.offset - cut.normal.dot(solid.centre)});
  const double size = solid.half_axes.maxCoeff();
  for (Solid::Plane& plane : planes) {
    const double length = plane.normal.norm();
    plane.normal /= length;
    plane.offset /= length;
  }
  std::vector<Vec3> corners;
  for (std::size_t i = 0; i < planes.size(); ++i)
    for (std::size_t j = i + 1; j < planes.size(); ++j) {
      const Vec3 edge = planes[i].normal.cross(planes[j].normal);
      for (std::size_t k = j + 1; k < planes.size(); ++k) {
        const double volume = edge.dot(planes[k].normal);
        if (std::abs(volume) < 1e-9) continue;
        const Vec3 corner = (planes[i].offset * planes[j].normal.cross(planes[k].normal) +
                             planes[j].offset * planes[k].normal.cross(planes[i].normal) +
                             planes[k].offset * edge) /
                            volume;
        bool inside = true;
        for (std::size_t l = 0; inside && l < planes.size(); ++l)
          inside = planes[l].normal.dot(corner) <= planes[l].offset + 1e-6 * size;
        if (inside) corners.push_back(solid.centre + solid.axes * corner);
      }
    }
  return corners;
}

}  // namespace vitrine::physics::detail

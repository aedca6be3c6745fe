#pragma once
#include <vector>

#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

Solid ellipsoid(const Vec3& centre, const Vec3& half_axes, const Mat3& axes = Mat3::Identity());
Solid cylinder(const Vec3& centre, const Vec3& half_axes, const Mat3& axes = Mat3::Identity());
/// A round cone from a to b with flat ends of these radii, mm; `flat` is its half axis across
/// `first` over that along it.
Solid cone(const Vec3& a, const Vec3& b, double radius_a, double radius_b, double flat = 1.0,
           const Vec3& first = Vec3::UnitX());
/// A capsule from a to b.
Solid capsule(const Vec3& a, const Vec3& b, double radius);
/// The solid, less what lies beyond a plane through `point` on the side of
/// `outwards`.
Solid cut(Solid solid, const Vec3& point, const Vec3& outwards);
/// Orthonormal columns, the last along `direction`, the first as near `first`
/// as can be.
Mat3 frame(const Vec3& direction, const Vec3& first = Vec3::UnitX());

/// A right-handed orthonormal frame whose third axis is the unit vector `z`.
Mat3 frame_along(const Vec3& z);

/// A tube along `points` as capsules that meet in mitres: no two of them
/// overlap.
std::vector<Solid> tube(const std::vector<Vec3>& points, double radius);

/// A flat strap along `points`, as elliptic cylinders that meet in mitres,
/// `half_thickness` along the direction `thickness` of each point and
/// `half_width` across.
std::vector<Solid> strap(const std::vector<Vec3>& points, const std::vector<Vec3>& thickness,
                         double half_thickness, double half_width);

/// Cut two neighbours by the plane that halves the angle between their courses
/// at a joint.
void mitre(Solid& before, Solid& after, const Vec3& joint, const Vec3& in, const Vec3& out);

}  // namespace vitrine::phantoms

#pragma once
#include "vitrine/model/scene.hpp"

/// Solids by the numbers that a designer has at hand; mm, patient frame.
namespace vitrine::phantoms {

Solid ellipsoid(const Vec3& centre, const Vec3& half_axes, const Mat3& axes = Mat3::Identity());
/// Elliptic cylinder along z.
Solid column(const Vec3& centre, double rx, double ry, double half_length);
/// All points within `radius` of the segment.
Solid capsule(const Vec3& from, const Vec3& to, double radius);

/// A right-handed orthonormal frame whose third axis is the unit vector `z`.
Mat3 frame_along(const Vec3& z);

}  // namespace vitrine::phantoms

#pragma once
#include <span>

#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// An ellipsoid's semi-axes, longest first [mm].
struct Ellipsoid {
  Vec3 semi_axes = Vec3::Zero();
  double volume() const;  ///< mm^3
  /// Surface [mm^2] by IBSI's series in Legendre polynomials, to order 20.
  double area() const;
};

/// Smallest ellipsoid around points that span space, to about 1e-5 of its volume.
Ellipsoid minimum_volume_ellipsoid(std::span<const Vec3> points);

}  // namespace vitrine::radiomics

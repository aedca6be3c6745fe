#pragma once
#include <span>

#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// An ellipsoid's semi-axes, longest first [mm].
struct Ellipsoid {
  Vec3 semi_axes = Vec3::Zero();
  double volume() const;  ///< mm^3
  /// IBSI's "area" [mm^2]: a series in Legendre polynomials, to order 20.
  ///
  /// It is the area of a sphere, but not of other ellipsoids: the eccentricities it takes both
  /// refer to the longest axis (the exact series refers the second to the middle one). The
  /// reference values are made with it, so it stays; a 2:1:1 ellipsoid gets 19 % too little.
  double ibsi_area() const;
};

/// Smallest ellipsoid around points that span space, to about 1e-4 of its volume.
Ellipsoid minimum_volume_ellipsoid(std::span<const Vec3> points);

}  // namespace vitrine::radiomics

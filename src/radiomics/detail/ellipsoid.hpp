#pragma once
#include <span>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// An ellipsoid's semi-axes, longest first [mm]. All zero: it is flat.
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

/// A point that the smallest ellipsoid rests on, and its share of the dual solution.
struct Support {
  std::size_t point = 0;
  double weight = 0;  ///< above 0; all together are 1
};

/// The smallest ellipsoid around points, and the proof that no smaller one is.
///
/// It is the set |map (x - centre)| <= 1. For any weights u >= 0 that sum to one, no ellipsoid
/// around the points is smaller than 4/3 pi sqrt(27 det C), C the points' covariance with those
/// weights (weak duality); the weights of `support` bring that up to the volume.
struct SmallestEllipsoid {
  Ellipsoid size;
  Vec3 centre = Vec3::Zero();  ///< mm
  Mat3 map = Mat3::Zero();     ///< 1/mm
  std::vector<Support> support;
  double duality_gap = 0;    ///< volume / lower bound - 1
  double infeasibility = 0;  ///< |map (p - centre)|^2 - 1 of the point farthest out, if above 0
  double slackness = 0;      ///< largest weight * (1 - |map (p - centre)|^2)
};

/// Smallest ellipsoid around points, to 1e-12 of its volume. Points in a plane to 1e-12 of their
/// extent have one of volume 0, without support.
SmallestEllipsoid smallest_ellipsoid(std::span<const Vec3> points);

}  // namespace vitrine::radiomics

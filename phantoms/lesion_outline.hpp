#pragma once
#include <memory>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/phantoms/truth.hpp"

namespace vitrine::phantoms {

/// A closed surface about the origin that every ray from there crosses once.
///
/// ln r is a sum of plane waves on the unit sphere, a smooth random field; its size is set so that
/// the surface encloses a wanted volume (midpoint rule on 120 x 240 directions of equal weight).
class StarSurface {
 public:
  struct Wave {
    Vec3 vector = Vec3::Zero();  ///< radians per unit of the direction
    double phase = 0.0, amplitude = 0.0;
  };
  StarSurface(std::vector<Wave> waves, double volume);

  double radius(const Vec3& direction) const;  ///< mm; direction of length 1
  /// Directions of equal weight and the radius of each.
  const std::vector<Vec3>& directions() const { return directions_; }
  const std::vector<double>& radii() const { return radii_; }

 private:
  double shape(const Vec3& direction) const;

  std::vector<Wave> waves_;
  double size_ = 1.0;
  std::vector<Vec3> directions_;
  std::vector<double> radii_;
};

/// The outline of a lesion about the origin: the union of convex solids, or a star surface.
struct Outline {
  std::vector<Solid> solids;
  std::shared_ptr<const StarSurface> star;  ///< shared: outlines are copied, surfaces are immutable
  double offset = 0.0;                      ///< mm added to the star's radius
  double stretch = 1.0;                     ///< factor of the star's radius, before the offset

  bool empty() const;
  double radius(double of_star) const { return stretch * of_star + offset; }
};

/// The outline, larger or smaller by a factor.
Outline scaled(Outline outline, double factor);

/// The outline grown outwards by `margin` mm (inwards if negative): balls, rods and rays gain
/// radius. A solid that a negative margin uses up is left out.
Outline grown(Outline outline, double margin);

/// The outline shrunk (see `grown`) to a share of its volume.
Outline holding(const Outline& outline, double share);

bool contains(const Outline& outline, const Vec3& point);

/// Shares of the voxels of one grid inside outlines: solids as `occupancy`, a star surface by 4^3
/// points a voxel whose distance to it is interpolated from the voxel's corners.
///
/// Keeps the radii of the star at the corners: for outlines that are one star, grown or scaled.
class ShareMaker {
 public:
  explicit ShareMaker(const Grid& grid);
  Volume<quantity::Fraction> operator()(const Outline& outline);

 private:
  Volume<quantity::Fraction> of_star(const Outline& outline);

  Grid grid_, corners_;
  std::shared_ptr<const StarSurface> star_;
  std::vector<float> radii_;  // of star_ in the direction of each corner; 0 where not yet known
};

/// mm^3; solids by chords as `measure_union`, surfaces by their directions.
double volume_of(const Outline& outline);

/// Distance of the farthest point from the origin, mm (an upper bound).
double reach(const Outline& outline);

/// About 500 points on the surface of each solid, or of the star; none inside another solid.
std::vector<Vec3> surface_points(const Outline& outline);

/// At most `count` balls inside a star surface that together hold as much of it as they can (a
/// greedy choice).
std::vector<Solid> balls_inside(const Outline& outline, int count);

/// The same union in pieces that do not overlap, where all solids are balls without cuts: each
/// keeps what lies in its cell of the power diagram. Other solids come back as they are.
std::vector<Solid> disjoint(std::vector<Solid> solids);

/// The solids, shifted.
std::vector<Solid> translated(std::vector<Solid> solids, const Vec3& by);

}  // namespace vitrine::phantoms

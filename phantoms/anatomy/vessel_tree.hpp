#pragma once
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// A tree of straight segments that fills a cloud of points.
struct VesselTree {
  struct Segment {
    Vec3 from = Vec3::Zero(), to = Vec3::Zero();
    double radius = 1.0;    ///< mm
    double share = 1.0;     ///< of the tree's twigs that it feeds
    int parent = -1;        ///< index of the segment it grows from; -1 at the root
    bool continues = true;  ///< the thickest child of its parent
  };
  std::vector<Segment> segments;

  /// How a side branch leaves: from the surface of the two that it branches from, so that nothing
  /// overlaps, or from their axis, so that lumina open into each other.
  enum class Branching { surface, axis };

  /// As capsules: each thickest child meets its parent in a mitre.
  std::vector<Solid> solids(Branching branching = Branching::surface) const;

  /// Only the segments from `min_radius` on; those of the root stay.
  VesselTree thicker_than(double min_radius) const;
  /// Strahler order of each segment, twigs being 1: the order of its daughters plus one where two
  /// of the highest meet.
  std::vector<int> orders() const;
};

/// Give every segment the radius root_radius share^(1 / exponent), at least `min_radius`.
void set_radii(VesselTree& tree, double root_radius, double exponent, double min_radius);

/// A tree that accompanies another one: it starts at `root`, and its joints lie aside those of
/// `other` by the sum of the radii times `gap`, across the plane in which `other` branches there,
/// so that it passes its branches without meeting them. Radii are those of `like`, which has the
/// shape of `other`.
VesselTree beside(const VesselTree& other, const VesselTree& like, const Vec3& root, double gap);

/// How a tree grows.
struct VesselGrowth {
  double root_radius = 6.0;  ///< mm
  double min_radius = 0.7;   ///< mm
  /// r^gamma is conserved at a branching: 3 is Murray's law (PNAS 12 (1926)
  /// 207).
  double exponent = 3.0;
};

/// Grow a tree from `root` along `heading` so that every point of `cloud` gets
/// a twig: each branch heads for the middle of its share of the cloud and
/// splits it across its widest direction (after Tawhai, Pullan and Hunter, Ann
/// Biomed Eng 28 (2000) 793).
VesselTree grow_vessels(const Vec3& root, const Vec3& heading, std::vector<Vec3> cloud,
                        const VesselGrowth& growth, Rng& rng);

}  // namespace vitrine::phantoms

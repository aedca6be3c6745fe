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
    int parent = -1;        ///< index of the segment it grows from; -1 at the root
    bool continues = true;  ///< the thickest child of its parent
  };
  std::vector<Segment> segments;

  /// As capsules: each thickest child meets its parent in a mitre, side
  /// branches start on their surface.
  std::vector<Solid> solids() const;
};

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

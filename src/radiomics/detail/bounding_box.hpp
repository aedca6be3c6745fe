#pragma once
#include "vitrine/radiomics/detail/convex_hull.hpp"

namespace vitrine::radiomics {

/// A box by its edge lengths [mm].
struct BoxSize {
  Vec3 edges = Vec3::Zero();
  double volume() const { return edges.prod(); }
  double area() const {
    return 2 * (edges[0] * edges[1] + edges[1] * edges[2] + edges[2] * edges[0]);
  }
};

/// The smallest box around a hull among those that lie flush with one of its faces.
///
/// `points` are the hull's vertices in mm, `spacing` the voxel size its directions refer to.
BoxSize oriented_bounding_box(const ConvexHull& hull, std::span<const Vec3> points,
                              const Vec3& spacing);

}  // namespace vitrine::radiomics

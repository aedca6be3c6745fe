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

/// The smallest box around a hull, in any orientation, and what was looked at to know it.
///
/// A smallest box has two adjacent faces that each hold an edge of the hull (O'Rourke 1985). All
/// orientations are searched: parts of them go where a lower bound of their boxes is above the box
/// found, or where no two adjacent faces could hold an edge; of what is left, all pairs of
/// edges, each with all boxes that it allows. No box is smaller than volume * (1 - box_gap).
struct SmallestBox {
  BoxSize size;
  Mat3 axes = Mat3::Identity();  ///< columns: directions of its edges
  std::array<int, 4> flush{};  ///< hull vertices: ends of the edge in the first face, in the second
  std::int64_t orientations = 0;  ///< parts of the space of orientations looked at
  std::int64_t pairs = 0;         ///< of edges
  std::int64_t boxes = 0;         ///< measured
};
inline constexpr double box_gap = 1e-11;

/// The smallest box; of several whose volumes differ by 1e-10, the one with the smallest area. A
/// hull without triangles has one of volume 0. `spacing` is the voxel size [mm].
SmallestBox smallest_box(const ConvexHull& hull, const Vec3& spacing);

}  // namespace vitrine::radiomics

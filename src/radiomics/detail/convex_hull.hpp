#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "vitrine/radiomics/detail/marching_cubes.hpp"

namespace vitrine::radiomics {

/// Convex hull of lattice points, as triangles whose vertices run anticlockwise from outside.
///
/// A flat face may be made of several triangles.
struct ConvexHull {
  std::vector<HalfVoxel> vertices;
  std::vector<std::array<std::int32_t, 3>> triangles;  ///< into `vertices`
};

/// Quickhull (Barber, Dobkin and Huhdanpaa 1996) in whole numbers, hence without tolerances.
///
/// The points must lie within 2^15 of each other. Points in a plane have no hull, and no triangles;
/// those of a mask's surface never do.
ConvexHull convex_hull(std::span<const HalfVoxel> points);

}  // namespace vitrine::radiomics

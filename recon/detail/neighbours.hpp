#pragma once
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::recon::detail {

/// The 26 neighbours of a voxel; eight in a volume of one slice.
struct Neighbours {
  struct One {
    Index i, j, k;
    double coupling;  ///< 1/mm^2
  };
  std::vector<One> all;

  /// Couplings fall as the inverse square of the distance; their sum over pairs of squared
  /// differences is the squared slope, for slopes in the plane.
  explicit Neighbours(const Grid& grid) {
    const Index deep = grid.size[2] > 1 ? 1 : 0;
    double slope = 0.0;
    for (Index k = -deep; k <= deep; ++k)
      for (Index j = -1; j <= 1; ++j)
        for (Index i = -1; i <= 1; ++i) {
          const Vec3 step = grid.spacing.cwiseProduct(Vec3(double(i), double(j), double(k)));
          const double square = step.squaredNorm();
          if (square == 0.0) continue;
          all.push_back({i, j, k, 1.0 / square});
          // Mean over the plane's directions; a pair is two neighbours.
          slope += 0.25 * (step.x() * step.x() + step.y() * step.y()) / square;
        }
    for (One& one : all) one.coupling /= slope;
  }
};

}  // namespace vitrine::recon::detail

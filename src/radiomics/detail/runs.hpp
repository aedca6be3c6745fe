#pragma once
#include "vitrine/radiomics/detail/count_matrix.hpp"
#include "vitrine/radiomics/detail/texture.hpp"

namespace vitrine::radiomics {

/// Runs of equal grey levels along lines.
class Runs {
 public:
  Runs(const Region& region, const Levels& levels)
      : region_(region), levels_(levels), length_(levels.volume.size()) {}
  /// Adds the runs along a direction; `voxels` are all, or those of a slice for directions in it.
  void add(Voxels voxels, std::size_t direction, CountMatrix& matrix);

 private:
  const Region& region_;
  const Levels& levels_;
  std::vector<std::int32_t> length_;  ///< of the run up to a voxel, in the region's grid
};

}  // namespace vitrine::radiomics

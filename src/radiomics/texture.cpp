#include "vitrine/radiomics/detail/texture.hpp"

namespace vitrine::radiomics {

Merge merge_of(Aggregation aggregation) {
  switch (aggregation) {
    case Aggregation::average_2d:
      return {false, false, directions_in_slice};
    case Aggregation::slice_merge_2d:
      return {false, true, directions_in_slice};
    case Aggregation::direction_merge_2_5d:
      return {true, false, directions_in_slice};
    case Aggregation::merge_2_5d:
      return {true, true, directions_in_slice};
    case Aggregation::average_3d:
      return {true, false, directions.size()};
    case Aggregation::merge_3d:
      break;
  }
  return {true, true, directions.size()};
}

std::vector<Voxels> slices_of(const Region& region) {
  const Voxels all = region.voxels;
  std::vector<Voxels> slices;
  for_each_row(all, region.grid.size[0] * region.grid.size[1],
               [&](Voxels slice) { slices.push_back(slice); });
  return slices;
}

}  // namespace vitrine::radiomics

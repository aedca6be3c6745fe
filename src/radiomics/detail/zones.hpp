#pragma once
#include <vector>

#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics {

/// Which voxels touch: 8 neighbours within the slice (4 for distances), or 26 in the volume (6).
enum class Connectivity { slice, volume };

/// Voxels of one grey level that hang together.
struct Zone {
  std::int32_t first = 0;      ///< offset of the first voxel in the region's grid
  std::int32_t size = 0;       ///< voxels
  std::uint16_t level = 0;     ///< grey level
  std::uint16_t distance = 0;  ///< of the voxel next to the border; a voxel at the border has 1
  bool operator==(const Zone&) const = default;
};

/// Steps from every voxel of the morphological mask out of it (city-block distance), 0 outside.
std::vector<std::uint16_t> border_distance(const Region& region, Connectivity connectivity);

/// The zones of the intensity mask, by their first voxel; needs levels (no overflow).
std::vector<Zone> find_zones(const Region& region, const Levels& levels, Connectivity connectivity);

}  // namespace vitrine::radiomics

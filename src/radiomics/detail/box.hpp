#pragma once
#include <algorithm>
#include <array>

#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// First and last voxel along each axis.
struct Box {
  std::array<Index, 3> low{}, high{};
  bool empty() const { return high[0] < low[0]; }
  std::array<Index, 3> size() const {
    return {high[0] - low[0] + 1, high[1] - low[1] + 1, high[2] - low[2] + 1};
  }
  void include(std::array<Index, 3> p) {
    const bool first = empty();
    for (std::size_t a = 0; a < 3; ++a) {
      low[a] = first ? p[a] : std::min(low[a], p[a]);
      high[a] = first ? p[a] : std::max(high[a], p[a]);
    }
  }
};
/// A box without voxels.
inline constexpr Box nothing{{0, 0, 0}, {-1, -1, -1}};

/// A box of a grid as a grid of its own.
inline Grid part_of(const Grid& grid, const Box& box) {
  Grid part = grid;
  part.size = box.size();
  part.origin = grid.centre(box.low[0], box.low[1], box.low[2]);
  return part;
}

/// The smallest box that holds every voxel of the mask that is set.
Box bounding_box(const Mask& mask);

}  // namespace vitrine::radiomics

#pragma once
#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine {

/// Voxels of a grid, both ends included.
struct VoxelBox {
  std::array<Index, 3> first{}, last{};
};

/// The smallest box of the voxels (i, j, k) for which `is_in` holds; where there is none its last
/// voxel is (-1, -1, -1).
template <class IsIn>
VoxelBox box_of(const std::array<Index, 3>& size, IsIn is_in) {
  VoxelBox box{size, {-1, -1, -1}};
  for (Index k = 0; k < size[2]; ++k)
    for (Index j = 0; j < size[1]; ++j)
      for (Index i = 0; i < size[0]; ++i) {
        if (!is_in(i, j, k)) continue;
        const std::array<Index, 3> at{i, j, k};
        for (std::size_t a = 0; a < 3; ++a) {
          box.first[a] = std::min(box.first[a], at[a]);
          box.last[a] = std::max(box.last[a], at[a]);
        }
      }
  return box;
}

/// One connected part of a mask: voxels that share faces.
struct Component {
  Index voxels = 0;
  std::array<Index, 3> first{};  ///< its box, both ends included
  std::array<Index, 3> last{};
};

/// The parts of a mask, in the order of their first voxels.
struct Components {
  std::vector<std::int32_t> label;  ///< of each voxel: 0 outside, n + 1 in parts[n]
  std::vector<Component> parts;
};

/// Voxels that are not 0, by shared faces.
Components components_of(const Mask& mask);

/// One of a mask's parts, on the grid of its box alone.
Mask mask_of(const Components& parts, std::size_t part, const Grid& grid);

/// Mean of the centres of a mask's voxels, mm; NaN of none.
Vec3 centre_of(const Mask& mask);

/// Squared distance, mm^2, from each point of a lattice to the nearest marked one; infinite where
/// none is marked.
///
/// i runs fastest. Exact, by lower envelopes along one axis after the other (Felzenszwalb &
/// Huttenlocher, Theory of Computing 8 (2012) 415).
std::vector<double> squared_distance(const std::array<Index, 3>& size, const Vec3& spacing,
                                     std::span<const std::uint8_t> marked);

}  // namespace vitrine

#pragma once
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine {

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

/// Squared distance, mm^2, from each point of a lattice to the nearest marked one; infinite where
/// none is marked.
///
/// i runs fastest. Exact, by lower envelopes along one axis after the other (Felzenszwalb &
/// Huttenlocher, Theory of Computing 8 (2012) 415).
std::vector<double> squared_distance(const std::array<Index, 3>& size, const Vec3& spacing,
                                     std::span<const std::uint8_t> marked);

}  // namespace vitrine

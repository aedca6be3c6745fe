#include <algorithm>
#include <cmath>
#include <numbers>
#include <tuple>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/mask_change.hpp"

namespace vitrine::radiomics {
namespace {

/// A voxel that may change sides.
struct Candidate {
  std::int64_t distance;  ///< squared, in millionths of the smallest spacing's square
  std::int64_t density;   ///< of the mask about it, the sign so that the first one is smallest
  std::uint32_t chance;   ///< decides among equals
  std::uint64_t address;
  Index voxel;

  bool operator<(const Candidate& other) const {
    return std::tie(distance, density, chance, address) <
           std::tie(other.distance, other.density, other.chance, other.address);
  }
};

/// Voxels inside or outside the mask that are within `reach` of the other side.
std::vector<Candidate> candidates(const MaskPart& part, bool inside, double reach,
                                  const Stream& stream, InImage in_image) {
  const Grid& grid = part.mask.grid();
  const auto squares = squared_distances(part.mask, !inside, reach);
  const auto density = density_of(part.mask);
  const double smallest = grid.spacing.minCoeff();
  std::vector<Candidate> found;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Index voxel = grid.offset(i, j, k);
        const double square = squares[std::size_t(voxel)];
        const auto sample = part.sample(i, j, k);
        if ((part.mask(i, j, k) != 0) != inside || square >= reach * reach || !in_image(sample))
          continue;
        const std::uint64_t address = address_of(sample);
        found.push_back({std::llround(1e6 * square / (smallest * smallest)),
                         std::llround((inside ? 1e9 : -1e9) * density[std::size_t(voxel)]),
                         Rng(stream, address)(), address, voxel});
      }
  return found;
}

}  // namespace

MaskPart with_volume(const MaskPart& part, double change, const Stream& stream, InImage in_image) {
  const auto values = part.mask.values();
  const auto count = std::count_if(values.begin(), values.end(), [](auto v) { return v != 0; });
  const Index target = std::max<Index>(0, std::llround(double(count) * (1 + change)));
  const Grid& grid = part.mask.grid();
  const auto wanted = std::size_t(std::abs(target - count));
  std::vector<Candidate> all;
  MaskPart room;
  if (target >= count) {
    // No body grows less than a ball of its volume (Brunn-Minkowski); half a voxel's diagonal
    // leads from a voxel's corner to its centre.
    const double ball = math::cbrt(0.75 / std::numbers::pi * double(count) * grid.voxel_volume());
    const double reach = ball * (math::cbrt(1 + change) - 1) + 0.5001 * grid.spacing.norm();
    room = padded(part, room_for(grid, reach));
    if (wanted > 0) all = candidates(room, false, reach, stream, in_image);
  } else {
    room = padded(part, {1, 1, 1});
    for (double reach = 2 * grid.spacing.maxCoeff(); all.size() < wanted; reach *= 2)
      all = candidates(room, true, reach, stream, in_image);
  }
  const std::size_t changed = std::min(wanted, all.size());
  std::nth_element(all.begin(), all.begin() + std::ptrdiff_t(changed), all.end());
  for (std::size_t c = 0; c < changed; ++c)
    room.mask.values()[std::size_t(all[c].voxel)] = target > count ? 1 : 0;
  return room;
}

}  // namespace vitrine::radiomics

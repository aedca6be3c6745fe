#pragma once
#include <array>
#include <vector>

#include "vitrine/model/volume.hpp"
#include "vitrine/readers/onnx.hpp"

namespace vitrine::onnx {

/// The parts of an image that a network reads, one at a time: boxes of one size, at all
/// combinations of some first voxels. They cover the image, and reach beyond its last voxels along
/// an axis only where there is one of them.
struct Windows {
  std::array<Index, 3> size{};                 ///< voxels along i, j, k
  std::array<std::vector<Index>, 3> starts{};  ///< first voxels along i, j, k
};

/// Patches lie at equal steps from the first voxel on; the last one along an axis ends where the
/// image does, and so may overlap its neighbour by more than was asked for.
Windows windows_of(const std::array<Index, 3>& image, const readers::Onnx& network);

/// How many windows cover each voxel along one axis.
std::vector<Index> coverage(Index image, Index window, const std::vector<Index>& starts);

}  // namespace vitrine::onnx

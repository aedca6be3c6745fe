#pragma once
#include <array>
#include <optional>

#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics {

/// First and last voxel along each axis.
struct MaskBox {
  std::array<Index, 3> low{}, high{};
};

/// The box of the voxels that are not zero, if there are any; empty rows cost next to nothing.
std::optional<MaskBox> box_of(const Mask& mask);

}  // namespace vitrine::radiomics

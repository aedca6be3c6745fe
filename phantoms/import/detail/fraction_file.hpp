#pragma once
#include <string>
#include <vector>

#include "vitrine/model/resources.hpp"

namespace vitrine::phantoms::detail {

/// One material's volume in a fraction phantom.
struct FractionVolume {
  std::string material, file;
  Resources::Number type = Resources::Number::float32;
  std::array<Index, 3> size{};
  Vec3 spacing = Vec3::Ones();   ///< mm
  std::array<Index, 3> first{};  ///< of its voxels in the grid of all volumes
  double scale = 1.0;            ///< of the density
};

/// The header of a fraction phantom, checked.
struct FractionFile {
  Grid grid;  ///< holds all volumes; axes along the patient's
  std::vector<FractionVolume> volumes;
};

/// Throws Error with the place in the document.
FractionFile read_fraction_file(const Value& document);

}  // namespace vitrine::phantoms::detail

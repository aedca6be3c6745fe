#pragma once
#include <algorithm>
#include <string>

#include "ibsi_data.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::radiomics::test {

template <class T>
Image ibsi2_image(const std::filesystem::path& file) {
  Image image(Grid{{64, 64, 64}, Vec3(2, 2, 2), Vec3::Zero(), Mat3::Identity()});
  const auto voxels = read_voxels<T>(file, image.values().size());
  std::copy(voxels.begin(), voxels.end(), image.values().begin());
  return image;
}

/// A phantom of IBSI 2 by its name: 64^3 voxels of 2 mm.
inline Image ibsi2_phantom(const std::string& name) {
  return ibsi2_image<std::uint8_t>(ibsi_data() / "ibsi2" / "phantoms" / name / "image.nii.gz");
}

/// The reference map of a test of phase 1, `8.a.2`.
inline Image ibsi2_map(std::string test) {
  std::replace(test.begin(), test.end(), '.', '_');
  return ibsi2_image<float>(ibsi_data() / "ibsi2" / "response_maps" / (test + "-ValidCRM.nii.gz"));
}

inline bool ibsi2_is_absent() {
  return is_absent(ibsi_data() / "ibsi2" / "phantoms" / "impulse" / "image.nii.gz");
}

}  // namespace vitrine::radiomics::test

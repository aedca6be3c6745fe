#pragma once
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "vitrine/radiomics/extract.hpp"
#include "vitrine/radiomics/ibsi.hpp"

namespace vitrine::radiomics::test {

using Case = ibsi::Phantom;
using ibsi::agrees;
using ibsi::digital_phantom;

/// Settings that leave the digital phantom's values alone: its intensities are its grey levels.
inline Settings phantom_settings() {
  Settings settings;
  settings.bin_width_hu = 1;
  return settings;
}

/// Image and mask on a grid, from functions of the position in mm.
inline Case make_case(const Grid& grid, const std::function<double(const Vec3&)>& hu,
                      const std::function<bool(const Vec3&)>& inside) {
  Case made{Image(grid), Mask(grid)};
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        made.image(i, j, k) = float(hu(grid.centre(i, j, k)));
        made.mask(i, j, k) = inside(grid.centre(i, j, k));
      }
  return made;
}

inline const std::vector<std::string>& all_families() {
  static const std::vector<std::string> ids{
      "morphology", "local_intensity", "statistics", "histogram", "ivh", "glcm"};
  return ids;
}

/// Values by feature id.
inline std::map<std::string, FeatureValue> measure(
    const Case& c, const Settings& settings,
    const std::vector<std::string>& families = all_families()) {
  std::map<std::string, FeatureValue> found;
  for (const FeatureValue& v : extract(c.image, c.mask, settings, families))
    found.emplace(v.info->id, v);
  return found;
}

inline constexpr std::array aggregations{
    Aggregation::average_2d, Aggregation::slice_merge_2d, Aggregation::direction_merge_2_5d,
    Aggregation::merge_2_5d, Aggregation::average_3d,     Aggregation::merge_3d};

}  // namespace vitrine::radiomics::test

#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "vitrine/radiomics/extract.hpp"

namespace vitrine::radiomics::test {

struct Case {
  Image image;
  Mask mask;
};

/// The 5 x 4 x 4 digital phantom of IBSI 1 (CC BY 4.0), 2 mm voxels.
inline Case digital_phantom() {
  constexpr std::array<int, 80> values{
      1, 4, 4, 1, 1, 1, 4, 6, 1, 1, 4, 1, 6, 4, 1, 4, 4, 6, 4, 1,   // slice 0
      1, 4, 4, 1, 1, 1, 1, 6, 1, 1, 1, 1, 3, 1, 1, 4, 4, 6, 1, 1,   // slice 1
      1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 6, 1, 1,   // slice 2
      1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6, 1, 1};  // slice 3
  Grid grid{{5, 4, 4}, Vec3(2, 2, 2), Vec3(0, 0, 0), Mat3::Identity()};
  Case phantom{Image(grid), Mask(grid, 1)};
  for (std::size_t v = 0; v < values.size(); ++v) phantom.image.values()[v] = float(values[v]);
  for (const auto& [i, j, k] :
       {std::array{0, 2, 1}, {3, 0, 2}, {4, 0, 2}, {2, 2, 2}, {3, 0, 3}, {4, 0, 3}})
    phantom.mask(i, j, k) = 0;
  return phantom;
}

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
  static const std::vector<std::string> ids{"morphology", "statistics", "glcm",  "glrlm",
                                            "glszm",      "gldzm",      "ngtdm", "ngldm"};
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

/// IBSI's comparison: the value to three significant digits (whole counts: to all) is within the
/// tolerance.
inline bool agrees(double value, double reference, double tolerance) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*e", value == std::floor(value) ? 16 : 2, value);
  return std::abs(std::strtod(text, nullptr) - reference) <= tolerance + 1e-9 * std::abs(reference);
}

inline constexpr std::array aggregations{
    Aggregation::average_2d, Aggregation::slice_merge_2d, Aggregation::direction_merge_2_5d,
    Aggregation::merge_2_5d, Aggregation::average_3d,     Aggregation::merge_3d};
inline constexpr std::array poolings{Pooling::average_2d, Pooling::merge_2_5d, Pooling::volume_3d};

/// The families with directions aggregated in one way, the others pooled in another.
inline Settings pooled(Settings settings, Aggregation aggregation, Pooling pooling) {
  settings.glcm = settings.glrlm = aggregation;
  settings.glszm = settings.gldzm = settings.ngtdm = settings.ngldm = pooling;
  return settings;
}

/// Values of every family in every aggregation, by the IBSI codes of feature and aggregation.
using ByCode = std::map<std::pair<std::string, std::string>, FeatureValue>;
inline ByCode measure_all(const Region& region, const Settings& settings,
                          std::span<const Aggregation> directed, std::span<const Pooling> others,
                          const std::vector<std::string>& families = all_families()) {
  ByCode found;
  const auto code = [](std::string_view aggregation) -> std::string_view {
    for (const Aggregation a : aggregations)
      if (describe(a).id == aggregation) return describe(a).ibsi_code;
    for (const Pooling p : poolings)
      if (describe(p).id == aggregation) return describe(p).ibsi_code;
    return "DHQ4";  // "volume": there is none
  };
  for (std::size_t n = 0; n < std::max(directed.size(), others.size()); ++n) {
    const Settings chosen = pooled(settings, directed[std::min(n, directed.size() - 1)],
                                   others[std::min(n, others.size() - 1)]);
    for (const FeatureValue& v : extract(region, chosen, families))
      found.emplace(std::pair(std::string(v.info->ibsi_code), std::string(code(v.aggregation))), v);
  }
  return found;
}

}  // namespace vitrine::radiomics::test

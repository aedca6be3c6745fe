#pragma once
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <functional>
#include <map>
#include <set>
#include <span>
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

/// Whole numbers that look random and are the same everywhere (Knuth's 64-bit generator).
struct Sequence {
  std::uint64_t state = 1;
  std::uint32_t operator()() {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return std::uint32_t(state >> 33);
  }
};

/// A cuboid of HU 0, two voxels from the edge of its image.
inline Case box_of(std::array<Index, 3> voxels, const Vec3& spacing) {
  const Grid grid{
      {voxels[0] + 4, voxels[1] + 4, voxels[2] + 4}, spacing, Vec3(0, 0, 0), Mat3::Identity()};
  Case c{Image(grid), Mask(grid)};
  for (Index k = 0; k < voxels[2]; ++k)
    for (Index j = 0; j < voxels[1]; ++j)
      for (Index i = 0; i < voxels[0]; ++i) c.mask(i + 2, j + 2, k + 2) = 1;
  return c;
}

inline const std::vector<std::string>& all_families() {
  static const std::vector<std::string> ids = [] {
    std::vector<std::string> all;
    for (const FamilyInfo& family : families()) all.emplace_back(family.id);
    return all;
  }();
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
inline constexpr std::array poolings{Pooling::average_2d, Pooling::merge_2_5d, Pooling::volume_3d};

/// The families with directions aggregated in one way, the others pooled in another.
inline Settings pooled(Settings settings, Aggregation aggregation, Pooling pooling) {
  settings.glcm = settings.glrlm = aggregation;
  settings.glszm = settings.gldzm = settings.ngtdm = settings.ngldm = pooling;
  return settings;
}

/// IBSI codes of all aggregations.
inline std::set<std::string> all_aggregation_codes() {
  std::set<std::string> codes;
  for (const Aggregation a : aggregations) codes.emplace(describe(a).ibsi_code);
  for (const Pooling p : poolings) codes.emplace(describe(p).ibsi_code);
  return codes;
}

/// Values of every family in every aggregation, by the IBSI codes of feature and aggregation.
using ByCode = std::map<std::pair<std::string, std::string>, FeatureValue>;
inline ByCode measure_all(const Region& region, const Settings& settings,
                          std::span<const Aggregation> directed, std::span<const Pooling> others,
                          const std::vector<std::string>& families = all_families()) {
  ByCode found;
  for (std::size_t n = 0; n < std::max(directed.size(), others.size()); ++n) {
    const Settings chosen = pooled(settings, directed[std::min(n, directed.size() - 1)],
                                   others[std::min(n, others.size() - 1)]);
    for (const FeatureValue& v : extract(region, chosen, families))
      found.emplace(
          std::pair(std::string(v.info->ibsi_code), std::string(aggregation_code(v.aggregation))),
          v);
  }
  return found;
}

}  // namespace vitrine::radiomics::test

#include <algorithm>
#include <array>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/radiomics/detail/count_matrix.hpp"
#include "vitrine/radiomics/detail/runs.hpp"
#include "vitrine/radiomics/detail/texture.hpp"
#include "vitrine/radiomics/detail/zone_matrix.hpp"
#include "vitrine/radiomics/pyradiomics/detail/classes.hpp"
#include "vitrine/radiomics/pyradiomics/detail/weights.hpp"

// glrlm, glszm and gldm: matrices of counts, whose features are IBSI's under other names.
namespace vitrine::radiomics::pyradiomics {
namespace {

using State = FeatureName::State;
using R = Row<CountSummary>;

constexpr std::array run_table{
    R{{"GrayLevelNonUniformity"}, level_non_uniformity},
    R{{"GrayLevelNonUniformityNormalized"}, normalised_level_non_uniformity},
    R{{"GrayLevelVariance"}, level_variance},
    R{{"HighGrayLevelRunEmphasis"}, emphasis<2, 0>},
    R{{"LongRunEmphasis"}, emphasis<0, 2>},
    R{{"LongRunHighGrayLevelEmphasis"}, emphasis<2, 2>},
    R{{"LongRunLowGrayLevelEmphasis"}, emphasis<-2, 2>},
    R{{"LowGrayLevelRunEmphasis"}, emphasis<-2, 0>},
    R{{"RunEntropy"}, count_entropy_of},
    R{{"RunLengthNonUniformity"}, number_non_uniformity},
    R{{"RunLengthNonUniformityNormalized"}, normalised_number_non_uniformity},
    R{{"RunPercentage"}, percentage},
    R{{"RunVariance"}, number_variance},
    R{{"ShortRunEmphasis"}, emphasis<0, -2>},
    R{{"ShortRunHighGrayLevelEmphasis"}, emphasis<2, -2>},
    R{{"ShortRunLowGrayLevelEmphasis"}, emphasis<-2, -2>},
};

constexpr std::array zone_table{
    R{{"GrayLevelNonUniformity"}, level_non_uniformity},
    R{{"GrayLevelNonUniformityNormalized"}, normalised_level_non_uniformity},
    R{{"GrayLevelVariance"}, level_variance},
    R{{"HighGrayLevelZoneEmphasis"}, emphasis<2, 0>},
    R{{"LargeAreaEmphasis"}, emphasis<0, 2>},
    R{{"LargeAreaHighGrayLevelEmphasis"}, emphasis<2, 2>},
    R{{"LargeAreaLowGrayLevelEmphasis"}, emphasis<-2, 2>},
    R{{"LowGrayLevelZoneEmphasis"}, emphasis<-2, 0>},
    R{{"SizeZoneNonUniformity"}, number_non_uniformity},
    R{{"SizeZoneNonUniformityNormalized"}, normalised_number_non_uniformity},
    R{{"SmallAreaEmphasis"}, emphasis<0, -2>},
    R{{"SmallAreaHighGrayLevelEmphasis"}, emphasis<2, -2>},
    R{{"SmallAreaLowGrayLevelEmphasis"}, emphasis<-2, -2>},
    R{{"ZoneEntropy"}, count_entropy_of},
    R{{"ZonePercentage"}, percentage},
    R{{"ZoneVariance"}, number_variance},
};

constexpr std::array dependence_table{
    R{{"DependenceEntropy"}, count_entropy_of},
    R{{"DependenceNonUniformity"}, number_non_uniformity},
    R{{"DependenceNonUniformityNormalized"}, normalised_number_non_uniformity},
    R{{"DependencePercentage", State::removed, "it is always 1"}},
    R{{"DependenceVariance"}, number_variance},
    R{{"GrayLevelNonUniformity"}, level_non_uniformity},
    R{{"GrayLevelNonUniformityNormalized", State::removed, "it equals firstorder Uniformity"}},
    R{{"GrayLevelVariance"}, level_variance},
    R{{"HighGrayLevelEmphasis"}, emphasis<2, 0>},
    R{{"LargeDependenceEmphasis"}, emphasis<0, 2>},
    R{{"LargeDependenceHighGrayLevelEmphasis"}, emphasis<2, 2>},
    R{{"LargeDependenceLowGrayLevelEmphasis"}, emphasis<-2, 2>},
    R{{"LowGrayLevelEmphasis"}, emphasis<-2, 0>},
    R{{"SmallDependenceEmphasis"}, emphasis<0, -2>},
    R{{"SmallDependenceHighGrayLevelEmphasis"}, emphasis<2, -2>},
    R{{"SmallDependenceLowGrayLevelEmphasis"}, emphasis<-2, -2>},
};

/// Whether some line along the direction holds two voxels of the region, near or far; runs along
/// another direction are all one voxel long, and PyRadiomics leaves it out.
bool has_lines(const Specimen& specimen, const Step& direction) {
  const Region& region = specimen.region;
  std::vector<std::uint8_t> seen(region.morphological.size(), 0);
  const Index step = region.grid.offset(direction[0], direction[1], direction[2]);
  for (const std::int32_t v : region.voxels) {
    const auto at = region.position(v);
    Index back = std::numeric_limits<Index>::max();  // steps to the line's first voxel in the grid
    for (std::size_t a = 0; a < 3; ++a)
      if (direction[a] != 0)
        back = std::min(back, direction[a] > 0 ? at[a] : region.grid.size[a] - 1 - at[a]);
    std::uint8_t& line = seen[static_cast<std::size_t>(v - back * step)];
    if (line) return true;
    line = 1;
  }
  return false;
}

/// Adds up counts of the same level and number.
std::vector<Count> united(std::vector<Count> counts) {
  std::stable_sort(counts.begin(), counts.end(), [](const Count& a, const Count& b) {
    return a.level != b.level ? a.level < b.level : a.number < b.number;
  });
  std::vector<Count> found;
  for (const Count& c : counts) {
    if (!found.empty() && found.back().level == c.level && found.back().number == c.number) {
      found.back().count += c.count;
    } else {
      found.push_back(c);
    }
  }
  return found;
}

std::vector<Measured> measure_runs(const Specimen& specimen,
                                   const std::vector<std::string>& names) {
  Means<CountSummary> means(run_table, names);
  if (specimen.levels.overflow) return means.take(reason::too_many_levels);
  const Settings& settings = specimen.settings;
  const auto longest = *std::max_element(specimen.box.begin(), specimen.box.end());
  Runs runs(specimen.region, specimen.levels);
  CountMatrix matrix(specimen.levels.count, longest);
  std::vector<Count> merged;
  double merged_voxels = 0;
  for (std::size_t d = 0; d < (settings.force_2d ? directions_in_slice : directions.size()); ++d) {
    if (!has_lines(specimen, directions[d])) continue;
    runs.add(specimen.region.voxels, d, matrix);
    if (settings.weighting_norm.empty()) {
      means.add(CountSummary(matrix));
    } else {
      const double weight =
          length_of(directions[d], specimen.region.grid.spacing, settings.weighting_norm);
      for (Count c : matrix.counts()) {
        c.count *= weight;
        merged.push_back(c);
      }
      merged_voxels += weight * double(matrix.voxels());
    }
    matrix.clear();
  }
  if (!merged.empty()) means.add(CountSummary(united(std::move(merged)), merged_voxels));
  return means.take();
}

std::vector<Measured> measure_zones(const Specimen& specimen,
                                    const std::vector<std::string>& names) {
  Means<CountSummary> means(zone_table, names);
  if (specimen.levels.overflow) return means.take(reason::too_many_levels);
  const auto connectivity = specimen.settings.force_2d ? Connectivity::slice : Connectivity::volume;
  const auto zones = find_zones(specimen.region, specimen.levels, connectivity);
  CountMatrix matrix(specimen.levels.count, 128);
  add_zones(zones, specimen.region.voxels, zone_size, matrix);
  means.add(CountSummary(matrix));
  return means.take();
}

std::vector<Measured> measure_dependences(const Specimen& specimen,
                                          const std::vector<std::string>& names) {
  Means<CountSummary> means(dependence_table, names);
  if (specimen.levels.overflow) return means.take(reason::too_many_levels);
  const Region& region = specimen.region;
  const std::uint16_t* level = specimen.levels.volume.data();
  const int most_apart = int(specimen.settings.gldm_a);
  std::vector<Index> steps;
  for (const Step& s : specimen.all_steps) steps.push_back(region.grid.offset(s[0], s[1], s[2]));
  CountMatrix matrix(specimen.levels.count, Index(steps.size()) + 1);
  for (const std::int32_t v : region.voxels) {
    Index dependent = 1;
    for (const Index step : steps) {
      const int other = level[v + step];
      dependent += other != 0 && std::abs(int(level[v]) - other) <= most_apart;
    }
    matrix.add(level[v], dependent);
  }
  matrix.add_voxels(region.voxels.size());
  means.add(CountSummary(matrix));
  return means.take();
}

}  // namespace

double length_of(const Step& step, const Vec3& spacing, std::string_view norm) {
  const Vec3 mm = spacing.cwiseProduct(Vec3(step[0], step[1], step[2])).cwiseAbs();
  if (norm == "infinity") return mm.maxCoeff();
  if (norm == "euclidean") return mm.norm();
  if (norm == "manhattan") return mm.sum();
  return 1;
}

const ClassTable& glrlm_class() {
  static const ClassTable made{info_of<CountSummary>("glrlm", run_table), measure_runs};
  return made;
}
const ClassTable& glszm_class() {
  static const ClassTable made{info_of<CountSummary>("glszm", zone_table), measure_zones};
  return made;
}
const ClassTable& gldm_class() {
  static const ClassTable made{info_of<CountSummary>("gldm", dependence_table),
                               measure_dependences};
  return made;
}

}  // namespace vitrine::radiomics::pyradiomics

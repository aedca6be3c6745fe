#include "vitrine/radiomics/detail/zone_matrix.hpp"

#include <algorithm>

namespace vitrine::radiomics {
namespace {

/// Zones larger than this are few: they are kept in a list.
constexpr Index small_zone = 128;

}  // namespace

void add_zones(std::span<const Zone> zones, Voxels voxels, ZoneNumber number, CountMatrix& matrix) {
  const auto begin =
      std::lower_bound(zones.begin(), zones.end(), voxels.front(),
                       [](const Zone& zone, std::int32_t v) { return zone.first < v; });
  for (auto zone = begin; zone != zones.end() && zone->first <= voxels.back(); ++zone)
    matrix.add(zone->level, number(*zone));
  matrix.add_voxels(voxels.size());
}

void append_zones(std::span<const Feature<CountSummary>> table, Subject& subject, Pooling pooling,
                  ZoneNumber number, std::vector<FeatureValue>& out) {
  const auto measure = [&](Average<CountSummary>& average) {
    const std::vector<Zone>& zones = subject.zones(connectivity_of(pooling));
    CountMatrix matrix(subject.levels().count, small_zone);
    for_each_matrix(
        subject.region, pooling, [&](Voxels voxels) { add_zones(zones, voxels, number, matrix); },
        [&] {
          average.add(CountSummary(matrix));
          matrix.clear();
        });
  };
  append_texture(table, subject, any_levels, describe(pooling).id, measure, out);
}

}  // namespace vitrine::radiomics

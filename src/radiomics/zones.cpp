#include "vitrine/radiomics/detail/zones.hpp"

#include <algorithm>
#include <memory>

namespace vitrine::radiomics {
namespace {

/// Trees of voxels: each points to an earlier one of its zone, a zone's first voxel to itself.
class Forest {
 public:
  explicit Forest(std::size_t voxels)
      : parent_(std::make_unique_for_overwrite<std::int32_t[]>(voxels)) {}
  void plant(std::int32_t v) { parent_[v] = v; }
  /// Puts the trees of `v` and `other` together, below the earlier root.
  void join(std::int32_t v, std::int32_t other) {
    const std::int32_t a = root(v), b = root(other);
    parent_[std::max(a, b)] = std::min(a, b);
  }
  std::int32_t& operator[](std::int32_t v) { return parent_[v]; }

 private:
  std::int32_t root(std::int32_t v) {
    while (parent_[v] != v) v = parent_[v] = parent_[parent_[v]];  // halves the path
    return v;
  }
  std::unique_ptr<std::int32_t[]> parent_;
};

/// Joins `v` with those of the three voxels around `middle` in a row that have its level. Those
/// beside the middle touch it, so they are of its zone already.
void join_row(Forest& forest, const std::uint16_t* level, std::int32_t v, std::int32_t middle) {
  if (level[middle] == level[v]) return forest.join(v, middle);
  if (level[middle - 1] == level[v]) forest.join(v, middle - 1);
  if (level[middle + 1] == level[v]) forest.join(v, middle + 1);
}

}  // namespace

std::vector<std::uint16_t> border_distance(const Region& region, Connectivity connectivity) {
  const auto row = std::int32_t(region.grid.size[0]);
  const std::int32_t slice = row * std::int32_t(region.grid.size[1]);
  const bool in_volume = connectivity == Connectivity::volume;
  std::vector<std::uint16_t> distance(region.morphological.size(), 0);
  // Every shortest way can take its steps forward first, then those backward: two sweeps suffice.
  for (const std::int32_t v : region.morphological_voxels) {
    std::uint16_t least = std::min(distance[v - 1], distance[v - row]);
    if (in_volume) least = std::min(least, distance[v - slice]);
    distance[v] = std::uint16_t(least + 1);
  }
  for (auto at = region.morphological_voxels.rbegin(); at != region.morphological_voxels.rend();
       ++at) {
    const std::int32_t v = *at;
    std::uint16_t least = std::min(distance[v + 1], distance[v + row]);
    if (in_volume) least = std::min(least, distance[v + slice]);
    distance[v] = std::min(distance[v], std::uint16_t(least + 1));
  }
  return distance;
}

std::vector<Zone> find_zones(const Region& region, const Levels& levels,
                             Connectivity connectivity) {
  const auto row = std::int32_t(region.grid.size[0]);
  const std::int32_t slice = row * std::int32_t(region.grid.size[1]);
  const std::uint16_t* level = levels.volume.data();
  Forest forest(levels.volume.size());
  for (const std::int32_t v : region.voxels) {
    forest.plant(v);
    if (level[v - 1] == level[v]) forest.join(v, v - 1);
    join_row(forest, level, v, v - row);
    if (connectivity == Connectivity::slice) continue;
    const std::int32_t below = v - slice;
    if (level[below] == level[v]) {  // touches all the others of its slice
      forest.join(v, below);
      continue;
    }
    join_row(forest, level, v, below - row);
    join_row(forest, level, v, below + row);
    if (level[below - 1] == level[v]) forest.join(v, below - 1);
    if (level[below + 1] == level[v]) forest.join(v, below + 1);
  }

  const std::vector<std::uint16_t> distance = border_distance(region, connectivity);
  std::vector<Zone> zones;
  for (const std::int32_t v : region.voxels) {
    // Earlier voxels already hold their zone's number instead of a parent.
    if (forest[v] == v) {
      forest[v] = std::int32_t(zones.size());
      zones.push_back({v, 1, level[v], distance[v]});
      continue;
    }
    forest[v] = forest[forest[v]];
    Zone& zone = zones[forest[v]];
    ++zone.size;
    zone.distance = std::min(zone.distance, distance[v]);
  }
  return zones;
}

}  // namespace vitrine::radiomics

#include <catch2/catch.hpp>

#include "support.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/radiomics/detail/cooccurrence.hpp"
#include "vitrine/radiomics/detail/neighbours.hpp"
#include "vitrine/radiomics/detail/runs.hpp"
#include "vitrine/radiomics/detail/zone_matrix.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

using Position = std::array<Index, 3>;
using Matrix = std::map<std::pair<int, Index>, Index>;  ///< counts by level and number

/// A small random volume, and what is needed to look at it voxel by voxel.
struct Sample {
  Settings settings = phantom_settings();
  Region region;
  Levels levels;
  std::vector<Position> voxels;

  /// Level at a position, 0 outside of the intensity mask.
  int level(const Position& p) const {
    for (std::size_t a = 0; a < 3; ++a)
      if (p[a] < 0 || p[a] >= region.grid.size[a]) return 0;
    return levels.volume[std::size_t(region.grid.offset(p[0], p[1], p[2]))];
  }
};

Position moved(const Position& p, const std::array<int, 3>& step, int times = 1) {
  return {p[0] + times * step[0], p[1] + times * step[1], p[2] + times * step[2]};
}

bool touch(const Position& a, const Position& b, Connectivity connectivity) {
  if (connectivity == Connectivity::slice && a[2] != b[2]) return false;
  Index apart = 0;
  for (std::size_t c = 0; c < 3; ++c) apart = std::max(apart, std::abs(a[c] - b[c]));
  return apart == 1;
}

/// Few levels in a mask with holes; re-segmentation takes one level out of the intensity mask.
Sample sample(std::uint64_t seed,
              Grid grid = {{6, 5, 4}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()}) {
  Rng rng(make_stream(seed, "texture", Draw::test), 0);
  const int levels = 2 + int(seed % 3);
  const double fill = seed % 2 == 0 ? 0.6 : 0.95;
  Case c{Image(grid), Mask(grid)};
  for (std::size_t v = 0; v < c.image.values().size(); ++v) {
    c.image.values()[v] = float(std::floor(rng.uniform() * levels));
    c.mask.values()[v] = rng.uniform() < fill;
  }
  Sample s;
  if (seed % 5 == 0) s.settings.range_hu = {0.0, levels - 1.5};
  s.region = prepare(c.image, c.mask, s.settings);
  s.levels = discretise(s.region, s.settings);
  for (const std::int32_t v : s.region.voxels) s.voxels.push_back(s.region.position(v));
  return s;
}

Matrix as_map(const CountMatrix& matrix) {
  Matrix map;
  for (const Count& c : matrix.counts()) {
    CHECK(c.count > 0);
    CHECK(map.emplace(std::pair(c.level, c.number), c.count).second);  // no pair twice
  }
  return map;
}

/// Zones by merging labels until nothing changes; distances by trying every voxel outside.
std::map<Position, std::array<Index, 3>> slow_zones(const Sample& s, Connectivity connectivity) {
  std::vector<std::size_t> label(s.voxels.size());
  for (std::size_t v = 0; v < label.size(); ++v) label[v] = v;
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t a = 0; a < label.size(); ++a)
      for (std::size_t b = 0; b < a; ++b)
        if (label[a] != label[b] && s.level(s.voxels[a]) == s.level(s.voxels[b]) &&
            touch(s.voxels[a], s.voxels[b], connectivity)) {
          label[a] = label[b] = std::min(label[a], label[b]);
          changed = true;
        }
  }
  const auto to_outside = [&](const Position& p) {
    Index least = 1000;
    const auto& size = s.region.grid.size;
    for (Index k = 0; k < size[2]; ++k)
      for (Index j = 0; j < size[1]; ++j)
        for (Index i = 0; i < size[0]; ++i) {
          if (s.region.morphological[std::size_t(s.region.grid.offset(i, j, k))]) continue;
          if (connectivity == Connectivity::slice && k != p[2]) continue;
          least = std::min(least, std::abs(i - p[0]) + std::abs(j - p[1]) + std::abs(k - p[2]));
        }
    return least;
  };
  std::map<Position, std::array<Index, 3>> zones;  // level, size, distance by first voxel
  for (std::size_t v = 0; v < label.size(); ++v) {
    auto& zone =
        zones.try_emplace(s.voxels[label[v]], std::array<Index, 3>{0, 0, 1000}).first->second;
    zone[0] = s.level(s.voxels[v]);
    ++zone[1];
    zone[2] = std::min(zone[2], to_outside(s.voxels[v]));
  }
  return zones;
}

constexpr std::array connectivities{Connectivity::slice, Connectivity::volume};

}  // namespace

TEST_CASE("zones and their distances are those of an exhaustive search") {
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    for (const Connectivity connectivity : connectivities) {
      INFO("seed " << seed << (connectivity == Connectivity::slice ? ", slices" : ", volume"));
      const Sample s = sample(seed);
      const auto expected = slow_zones(s, connectivity);
      const auto zones = find_zones(s.region, s.levels, connectivity);
      REQUIRE(zones.size() == expected.size());
      for (const Zone& zone : zones) {
        const auto found = expected.find(s.region.position(zone.first));
        REQUIRE(found != expected.end());
        CHECK(found->second == std::array<Index, 3>{zone.level, zone.size, zone.distance});
      }
    }
}

TEST_CASE("runs are those found by walking from every voxel in both ways") {
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    for (std::size_t d = 0; d < directions.size(); ++d) {
      INFO("seed " << seed << ", direction " << d);
      const Sample s = sample(seed);
      Matrix voxels_in;  // every voxel counts for the run that it is in
      for (const Position& p : s.voxels) {
        Index length = 1;
        for (const int sign : {-1, 1})
          for (int n = sign; s.level(moved(p, directions[d], n)) == s.level(p); n += sign) ++length;
        ++voxels_in[{s.level(p), length}];
      }
      CountMatrix matrix(s.levels.count, 6);
      Runs(s.region, s.levels).add(s.region.voxels, d, matrix);
      const Matrix runs = as_map(matrix);
      REQUIRE(runs.size() == voxels_in.size());
      for (const auto& [cell, count] : runs) CHECK(count * cell.second == voxels_in[cell]);
      CHECK(matrix.voxels() == std::ssize(s.voxels));
    }
}

TEST_CASE("dependences, tone differences and pairs are those of all pairs of voxels") {
  for (std::uint64_t seed = 0; seed < 60; ++seed)
    for (const Connectivity connectivity : connectivities) {
      INFO("seed " << seed << (connectivity == Connectivity::slice ? ", slices" : ", volume"));
      const Sample s = sample(seed);
      Matrix equal;
      std::map<int, std::pair<Index, double>> tones;
      std::map<std::pair<int, int>, std::uint64_t> pairs;
      for (const Position& p : s.voxels) {
        const int level = s.level(p);
        Index same = 1, neighbours = 0;
        double sum = 0;
        for (const Position& q : s.voxels) {
          if (!touch(p, q, connectivity)) continue;
          ++neighbours;
          sum += s.level(q);
          same += s.level(q) == level;
          ++pairs[{level, s.level(q)}];
        }
        ++equal[{level, same}];
        if (neighbours == 0) continue;
        ++tones[level].first;
        tones[level].second += std::abs(level - sum / double(neighbours));
      }

      CountMatrix matrix(s.levels.count, 27);
      add_dependences(s.region, s.levels, s.region.voxels, connectivity, matrix);
      CHECK(as_map(matrix) == equal);

      ToneDifferences differences(s.levels.count);
      differences.add(s.region, s.levels, s.region.voxels, connectivity);
      CooccurrenceCounts counts(s.region, s.levels);
      const bool flat = connectivity == Connectivity::slice;
      for (std::size_t d = 0; d < (flat ? directions_in_slice : directions.size()); ++d)
        counts.add(s.region.voxels, d);
      for (int i = 1; i <= s.levels.count; ++i) {
        CHECK(Index(differences.voxels(i)) == tones[i].first);
        CHECK(differences.difference(i) == Approx(tones[i].second).epsilon(1e-12).margin(1e-12));
        for (int j = 1; j <= s.levels.count; ++j)
          CHECK(counts.pairs(std::size_t(i), std::size_t(j)) == pairs[{i, j}]);
      }
    }
}

TEST_CASE("a matrix of counts keeps large numbers apart from small ones") {
  CountMatrix narrow(65535, 1000), wide(3, 1000);  // one number is dense, or a thousand
  for (CountMatrix* matrix : {&narrow, &wide}) {
    for (const auto& [level, number] :
         {std::pair{3, 7}, {1, 1}, {3, 2000000000}, {3, 7}, {2, 5}, {3, 1}, {3, 2000000000}})
      matrix->add(level, number);
    CHECK(matrix->counts() ==
          std::vector<Count>{{1, 1, 1}, {2, 5, 1}, {3, 1, 1}, {3, 7, 2}, {3, 2000000000, 2}});
    matrix->clear();
    CHECK(matrix->counts().empty());
  }
}

TEST_CASE("textures in slices do not change when the slices' axes are exchanged or reversed") {
  const std::vector<std::string> families{"glcm", "glrlm", "glszm", "gldzm", "ngtdm", "ngldm"};
  const Sample original = sample(7, {{9, 8, 5}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()});
  for (int change = 0; change < 16; ++change) {
    Sample other = original;
    const auto& from = original.region.grid;
    const bool exchange = (change & 8) != 0;
    const auto place = [&](Position p) {
      for (std::size_t a = 0; a < 3; ++a)
        if ((change >> a & 1) != 0) p[a] = from.size[a] - 1 - p[a];
      if (exchange) std::swap(p[0], p[1]);
      return p;
    };
    Region& to = other.region;
    if (exchange) std::swap(to.grid.size[0], to.grid.size[1]);
    std::map<std::int32_t, float> hu;
    for (std::size_t v = 0; v < original.voxels.size(); ++v) {
      const Position p = place(original.voxels[v]);
      hu[std::int32_t(to.grid.offset(p[0], p[1], p[2]))] = original.region.hu[v];
    }
    std::fill(to.morphological.begin(), to.morphological.end(), std::uint8_t{0});
    to.voxels.clear();
    to.hu.clear();
    for (const auto& [v, x] : hu) {
      to.morphological[std::size_t(v)] = 1;
      to.voxels.push_back(v);
      to.hu.push_back(x);
    }
    to.morphological_voxels = to.voxels;
    const ByCode before =
        measure_all(original.region, original.settings, aggregations, poolings, families);
    const ByCode after = measure_all(to, other.settings, aggregations, poolings, families);
    REQUIRE(before.size() == 25 * 6 + 16 * 6 + 3 * (16 + 16 + 5 + 17));
    for (const auto& [code, v] : before) {
      INFO(v.info->id << ' ' << v.aggregation << ", change " << change);
      CHECK(after.at(code).value == Approx(v.value).epsilon(1e-11));
    }
  }
}

TEST_CASE("a single slice has the same textures as a volume, and slices alike those of one") {
  const auto values = [](Index slices, Pooling pooling) {
    const Sample one = sample(11, {{9, 8, 1}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()});
    const Index between = 2;  // slices that are copies of the first, with a gap
    Grid grid = one.region.grid;
    const Index slice_size = grid.size[0] * grid.size[1];
    grid.size[2] = between * slices + 1;
    Case c{Image(grid), Mask(grid)};
    for (Index n = 0; n < slices; ++n)
      for (std::size_t v = 0; v < one.region.voxels.size(); ++v) {
        const auto at = std::size_t(one.region.voxels[v] + between * n * slice_size);
        c.image.values()[at] = one.region.hu[v];
        c.mask.values()[at] = 1;
      }
    return measure(c, pooled(one.settings, Aggregation::average_2d, pooling),
                   {"glrlm", "glszm", "ngtdm", "ngldm"});
  };
  const auto one = values(1, Pooling::average_2d);
  for (const auto& other : {values(1, Pooling::merge_2_5d), values(1, Pooling::volume_3d),
                            values(4, Pooling::average_2d)})
    for (const auto& [id, v] : one) {
      INFO(id);
      CHECK(other.at(id).value == Approx(v.value).epsilon(1e-12));
    }
}

TEST_CASE("a flat cube has runs and one zone known beforehand") {
  const Index n = 20;
  const Grid grid{{n, n, n}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  const Case c = make_case(
      grid, [](const Vec3&) { return 5.0; }, [](const Vec3&) { return true; });
  const auto v = measure(c, phantom_settings(), {"glrlm", "glszm", "gldzm", "ngldm"});
  const double voxels = double(n * n * n);
  CHECK(v.at("glszm.large_zone_emphasis").value == voxels * voxels);
  CHECK(v.at("glszm.zone_percentage").value == 1 / voxels);
  CHECK(v.at("gldzm.large_distance_emphasis").value == 1);  // the zone reaches the border
  // A line begins where the voxel before is outside: n^3 - (n - 1)^m n^(3 - m) times, for the 3, 6
  // and 4 directions that step along m axes.
  const double cube = voxels, m = double(n - 1);
  const double lines = 3 * (cube - m * n * n) + 6 * (cube - m * m * n) + 4 * (cube - m * m * m);
  CHECK(v.at("glrlm.run_percentage").value == Approx(lines / (13 * cube)).epsilon(1e-12));
  // Neighbourhoods of 27 inside, 18 on faces, 12 on edges and 8 in corners.
  const double inside = std::pow(n - 2, 3), faces = 6 * std::pow(n - 2, 2), edges = 12 * (n - 2);
  CHECK(v.at("ngldm.high_dependence_emphasis").value ==
        Approx((inside * 729 + faces * 324 + edges * 144 + 8 * 64) / voxels).epsilon(1e-12));
}

TEST_CASE("a region of ten million voxels works, and its zones may be as large", "[full]") {
  const Index n = 216;
  const Grid grid{{n, n, n}, Vec3(1, 1, 1), Vec3(0, 0, 0), Mat3::Identity()};
  Case c{Image(grid), Mask(grid, 1)};
  for (Index k = 0; k < n; ++k)
    for (Index j = 0; j < n; ++j)
      for (Index i = 0; i < n; ++i) c.image(i, j, k) = float((i + j + k) % 2);
  const auto v = measure(c, phantom_settings(), {"glrlm", "glszm", "gldzm", "ngtdm", "ngldm"});
  // A chequerboard: either colour hangs together by edges, and reaches the border.
  const double half = double(n * n * n) / 2;
  CHECK(v.at("glszm.large_zone_emphasis").value == half * half);
  CHECK(v.at("glszm.zone_size_non_uniformity").value == 2);
  CHECK(v.at("gldzm.zone_distance_variance").value == 0);
  // Along an axis or a cube's diagonal (7 directions) every voxel is a run, along a face's a line.
  const double runs = 7 * 2 * half + 6 * double(n * (2 * n - 1));
  CHECK(v.at("glrlm.run_percentage").value == Approx(runs / (13 * 2 * half)).epsilon(1e-12));
  // Of 26 neighbours 12 have the colour, at the border fewer.
  CHECK(v.at("ngldm.high_dependence_emphasis").value < 13 * 13);
  CHECK(v.at("ngldm.high_dependence_emphasis").value > 13 * 13 * 0.97);
  CHECK(v.at("ngtdm.busyness").value > 0);
}

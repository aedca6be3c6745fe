#include <catch2/catch.hpp>

#include "ibsi_data.hpp"
#include "support.hpp"
#include "vitrine/radiomics/detail/cooccurrence.hpp"
#include "vitrine/radiomics/detail/neighbours.hpp"
#include "vitrine/radiomics/detail/runs.hpp"
#include "vitrine/radiomics/detail/zone_matrix.hpp"

using namespace vitrine;
using namespace vitrine::radiomics;
using namespace vitrine::radiomics::test;

namespace {

/// A matrix as IBSI prints it: rows of (i, j, count), for tone differences (i, s_i, n_i).
using Printed = std::vector<std::array<double, 3>>;
/// All of a kind, by direction, then by slice.
using ByKind = std::map<std::string, std::vector<Printed>>;

ByKind printed_matrices() {
  ByKind kinds;
  std::string last;
  for (const auto& row :
       read_csv(ibsi_data() / "reference" / "ibsi1_digital_phantom_matrices.csv")) {
    auto& matrices = kinds[row.at("matrix")];
    const std::string name = row.at("matrix") + row.at("direction_xyz") + row.at("slice");
    if (name != last) matrices.emplace_back();
    last = name;
    matrices.back().push_back(
        {std::stod(row.at("c1")), std::stod(row.at("c2")), std::stod(row.at("c3"))});
  }
  return kinds;
}

/// IBSI's order of directions; ours are the same up to order and sign.
std::vector<std::size_t> in_printed_order(std::size_t count) {
  std::vector<std::size_t> order(count);
  std::map<std::array<int, 3>, std::size_t> sorted;
  for (std::size_t d = 0; d < count; ++d) {
    std::array<int, 3> direction = directions[d];
    if (direction < std::array{0, 0, 0})
      for (int& step : direction) step = -step;
    sorted[direction] = d;
  }
  std::transform(sorted.begin(), sorted.end(), order.begin(),
                 [](const auto& entry) { return entry.second; });
  return order;
}

struct Phantom {
  Settings settings = phantom_settings();
  Case images = digital_phantom();
  Region region = prepare(images.image, images.mask, settings);
  Levels levels = discretise(region, settings);
  std::vector<Voxels> slices = slices_of(region), volume{region.voxels};
};

Printed printed(const CooccurrenceCounts& counts) {
  Printed rows;
  for (int i = 1; i <= counts.levels(); ++i)
    for (int j = 1; j <= counts.levels(); ++j)
      if (const auto n = counts.pairs(std::size_t(i), std::size_t(j)); n > 0)
        rows.push_back({double(i), double(j), double(n)});
  return rows;
}

Printed printed(const CountMatrix& matrix) {
  Printed rows;
  for (const Count& c : matrix.counts())
    rows.push_back({double(c.level), double(c.number), double(c.count)});
  return rows;
}

Printed printed(const ToneDifferences& matrix) {
  Printed rows;
  for (int i = 1; i <= matrix.levels(); ++i)
    if (matrix.voxels(i) > 0)
      rows.push_back({double(i), matrix.difference(i), double(matrix.voxels(i))});
  return rows;
}

template <class Matrix, class Add>
void add_directed(const std::string& each, const std::string& merged, const Matrix& empty,
                  const std::vector<Voxels>& groups, std::size_t direction_count, Add add,
                  ByKind& found) {
  const auto order = in_printed_order(direction_count);
  for (const std::size_t d : order)
    for (const Voxels voxels : groups) {
      Matrix matrix = empty;
      add(voxels, d, matrix);
      found[each].push_back(printed(matrix));
    }
  for (const Voxels voxels : groups) {
    Matrix matrix = empty;
    for (const std::size_t d : order) add(voxels, d, matrix);
    found[merged].push_back(printed(matrix));
  }
}

ByKind computed_matrices() {
  const Phantom p;
  ByKind found;
  const auto pairs = [](Voxels voxels, std::size_t d, CooccurrenceCounts& m) { m.add(voxels, d); };
  const CooccurrenceCounts no_pairs(p.region, p.levels);
  add_directed("GLCM 2D", "GLCM 2D merged", no_pairs, p.slices, 4, pairs, found);
  add_directed("GLCM 3D", "GLCM 3D merged", no_pairs, p.volume, 13, pairs, found);
  const auto runs = [&](Voxels voxels, std::size_t d, CountMatrix& m) {
    Runs(p.region, p.levels).add(voxels, d, m);
  };
  const CountMatrix empty(p.levels.count, 5);
  add_directed("GLRLM (2D)", "GLRLM (2D, merged)", empty, p.slices, 4, runs, found);
  add_directed("GLRLM (3D)", "GLRLM (3D, merged)", empty, p.volume, 13, runs, found);
  for (const Connectivity connectivity : {Connectivity::slice, Connectivity::volume}) {
    const bool flat = connectivity == Connectivity::slice;
    const auto zones = find_zones(p.region, p.levels, connectivity);
    for (const Voxels voxels : flat ? p.slices : p.volume) {
      CountMatrix sizes = empty, distances = empty, dependences = empty;
      ToneDifferences tones(p.levels.count);
      add_zones(zones, voxels, zone_size, sizes);
      add_zones(zones, voxels, zone_distance, distances);
      add_dependences(p.region, p.levels, voxels, connectivity, dependences);
      tones.add(p.region, p.levels, voxels, connectivity);
      const std::string dimension = flat ? " (2D)" : " (3D)";
      found["GLSZM" + dimension].push_back(printed(sizes));
      found["GLDZM" + dimension].push_back(printed(distances));
      found["NGLDM" + dimension].push_back(printed(dependences));
      found["NGTDM" + dimension].push_back(printed(tones));
    }
  }
  return found;
}

}  // namespace

TEST_CASE("the 88 texture matrices that IBSI prints for the digital phantom are met exactly") {
  if (is_absent(ibsi_data() / "reference" / "ibsi1_digital_phantom_matrices.csv")) return;
  const ByKind computed = computed_matrices();
  std::size_t count = 0;
  for (const auto& [kind, expected] : printed_matrices()) {
    INFO(kind);
    REQUIRE(computed.contains(kind));
    const auto& found = computed.at(kind);
    REQUIRE(found.size() == expected.size());
    for (std::size_t m = 0; m < expected.size(); ++m) {
      INFO("matrix " << m + 1);
      REQUIRE(found[m].size() == expected[m].size());
      for (std::size_t row = 0; row < expected[m].size(); ++row) {
        CHECK(found[m][row][0] == expected[m][row][0]);
        // Differences are printed with six digits, everything else is whole.
        const double slack = kind.starts_with("NGTDM") ? 5e-6 * expected[m][row][1] : 0;
        CHECK(std::abs(found[m][row][1] - expected[m][row][1]) <= slack);
        CHECK(found[m][row][2] == expected[m][row][2]);
      }
      ++count;
    }
  }
  CHECK(count == 88);
}

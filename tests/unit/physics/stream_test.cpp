#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "unit/physics/compare.hpp"
#include "unit/physics/fixture.hpp"
#include "vitrine/physics/projector.hpp"

// A scan that is projected block by block is the scan that is projected at once.

using namespace vitrine;
using namespace vitrine::physics;
using test::levels, test::same_bits;

namespace {

constexpr Index views_of_turn = 40;

Scanner small_scanner() {
  Scanner s = test::scanner();
  s.columns = 120;
  s.rows = 8;
  s.column_pitch = 7.0;
  s.views_per_rotation = views_of_turn;
  return s;
}

/// `turns` at one place each, or a helix.
ScanGeometry scan(const Scanner& s, Index turns, double step, bool helix) {
  ScanGeometry g = hardware_geometry(s);
  for (Index v = 0; v < turns * views_of_turn; ++v) {
    const double turn = double(v) / double(views_of_turn);
    g.view_angles.push_back(0.13 + 2.0 * std::numbers::pi * turn);
    g.table_positions.push_back(step * (helix ? turn : double(v / views_of_turn)));
  }
  return g;
}

/// The exposure that a projector makes when it is asked for so many views at a time, again and
/// again.
Exposure in_blocks(Projector& projector, const ScanGeometry& g, const std::vector<Index>& sizes) {
  Exposure out{Sinogram<quantity::Signal>(g), Sinogram<quantity::Quanta>(g)};
  const auto cells = std::size_t(g.columns * g.rows);
  std::size_t turn = 0;
  for (Index first = 0; first < g.views();) {
    const Index count = std::min(sizes[turn++ % sizes.size()], g.views() - first);
    const auto part = [&](auto all) {
      return all.subspan(std::size_t(first) * cells, std::size_t(count) * cells);
    };
    projector.project(first, count, part(out.signal.values()), part(out.quanta.values()));
    first += count;
  }
  return out;
}

void check_same(const Exposure& a, const Exposure& b) {
  CHECK(same_bits(a.signal.values(), b.signal.values()));
  CHECK(same_bits(a.quanta.values(), b.quanta.values()));
}

}  // namespace

TEST_CASE("a scan projected in blocks has the bits of one projected at once") {
  struct Case {
    std::string name;
    ScanGeometry geometry;
    Sampling sampling;
  };
  const Scanner scanner = small_scanner();
  ScanGeometry flat = scan(scanner, 1, 0.0, false);
  flat.shape = DetectorShape::flat;
  ScanGeometry flying = scan(scanner, 1, 0.0, false);
  fly(flying, focal_positions(scanner, true, true));
  const std::vector<Case> cases{{"axial", scan(scanner, 1, 0.0, false), {2, 1}},
                                {"step and shoot", scan(scanner, 2, 5.0, false), {1, 2}},
                                {"helical", scan(scanner, 2, 5.0, true), {1, 1}},
                                {"sub-views", scan(scanner, 1, 5.0, true), {1, 1, 3}},
                                {"flat detector", flat, {1, 1}},
                                {"flying focal spot", flying, {1, 1}}};
  const Scene scene = test::body(5, 5);
  const Beam beam(scanner, 120.0, scene.materials);
  for (const Case& c : cases) {
    INFO(c.name);
    const Isa isa = levels().back();
    const Exposure whole = expose(scene, c.geometry, beam, c.sampling, isa);
    for (const auto& sizes : {std::vector<Index>{1}, {7, 20, 3}, {64}}) {
      Projector projector(scene, c.geometry, beam, c.sampling, isa);
      check_same(in_blocks(projector, c.geometry, sizes), whole);
    }
  }
}

TEST_CASE("voxels projected in blocks have the bits of voxels projected at once") {
  const Scanner scanner = small_scanner();
  Scene scene;
  scene.materials = test::named({"muscle"});
  IndexedMap map;
  map.grid.size = {40, 40, 10};
  map.grid.spacing = Vec3(5, 5, 5);
  map.grid.origin = Vec3(-97.5, -97.5, -22.5);
  map.entries = {{}, {"", {{0, 1.05e-3}}}};
  std::vector<std::uint16_t> index;
  for (Index i = 0; i < map.grid.count(); ++i) index.push_back(i % 7 < 4 ? 1 : 0);
  map.index = std::move(index);
  scene.maps.push_back(map);
  const Beam beam(scanner, 120.0, scene.materials);
  const ScanGeometry g = scan(scanner, 2, 5.0, true);
  const Exposure whole = expose(scene, g, beam, {1, 1}, levels().back());
  for (const auto& sizes : {std::vector<Index>{5}, {16, 1, 33}}) {
    Projector projector(scene, g, beam, {1, 1}, levels().back());
    check_same(in_blocks(projector, g, sizes), whole);
  }
}

TEST_CASE("a patient in motion projected in blocks has the bits of one projected at once") {
  const Scanner scanner = small_scanner();
  ScanGeometry g = scan(scanner, 1, 0.0, false);
  g.view_times = axial_view_times(views_of_turn, 1, 0.5, 0.0);
  const Scene still = test::body(3, 3);
  const Beam beam(scanner, 120.0, still.materials);
  const auto at = [&](double time) {
    Pose pose;
    pose.translation.x() = 30.0 * time;
    return moved(still, pose);
  };
  for (const Index views_per_state : {1, 6, 100}) {
    Exposure whole{Sinogram<quantity::Signal>(g), Sinogram<quantity::Quanta>(g)};
    expose_moving(at, views_per_state, beam, {1, 1, 2}, levels().back(), whole);
    for (const auto& sizes : {std::vector<Index>{1}, {4, 17}}) {
      Projector projector(at, views_per_state, g, beam, {1, 1, 2}, levels().back());
      check_same(in_blocks(projector, g, sizes), whole);
    }
  }
}

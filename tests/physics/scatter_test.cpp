// Scatter in scans: the kernel model against the Monte Carlo, and both against HU.
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/carlo/scatter_map.hpp"
#include "vitrine/physics/carlo/scatter_views.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"
#include "vitrine/physics/scatter_kernel.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

Stream stream(const char* owner) { return make_stream(21, owner, Draw::transport); }

/// A scanner with a collimation of so many mm, with an anti-scatter grid of ratio 20 or none.
Scanner scanner_of(double collimation, bool grid) {
  Scanner s = test::scanner();
  s.column_offset = 0.0;
  s.rows = std::lround(collimation / (s.row_pitch * s.source_to_iso / s.source_to_detector));
  if (grid) s.detector.anti_scatter_grid = AntiScatterGrid{20.0, 0.1, 0.0};
  return s;
}

Scene water(double width, double thickness, double x = 0.0, double y = 0.0) {
  test::SceneBuilder b({"water"});
  b.term({b.add(Solid::Kind::cylinder, {x, y, 0}, {0.5 * width, 0.5 * thickness, 300})}, 0, 1e-3);
  return b.scene;
}

carlo::Object same_in_carlo(double width, double thickness, double x = 0.0, double y = 0.0) {
  carlo::Object object = carlo::cylinder(material("water"), width, 600.0);
  object.body.flattening = width / thickness;
  object.body.x = x;
  object.body.y = y;
  return object;
}

/// Mean of a view's middle four coarse columns, all rows: where the primary radiation is least.
double middle_of(const ScatterMaps& maps, std::size_t view = 0) {
  const auto rows = std::size_t(maps.rows), first = std::size_t(maps.columns / 2 - 2) * rows;
  const auto begin = maps.mean.begin() + std::ptrdiff_t(view * maps.cells() + first);
  return std::accumulate(begin, begin + std::ptrdiff_t(4 * rows), 0.0) / double(4 * rows);
}

/// Scatter of a view by coarse column, all rows, keV/mAs.
using Columns = std::vector<double>;
Columns columns_of(const ScatterMaps& maps) {
  const auto rows = std::size_t(maps.rows);
  Columns all;
  for (std::size_t c = 0; c < std::size_t(maps.columns); ++c) {
    const auto begin = maps.mean.begin() + std::ptrdiff_t(c * rows);
    all.push_back(std::accumulate(begin, begin + maps.rows, 0.0) / double(rows));
  }
  return all;
}
double sum(const Columns& all) { return std::accumulate(all.begin(), all.end(), 0.0); }
double middle_six(const Columns& all) {
  const auto begin = all.begin() + std::ptrdiff_t(all.size() / 2 - 3);
  return std::accumulate(begin, begin + 6, 0.0);
}

/// The first view's, of a cylinder of water, by guided photons: to better than 1 %.
Columns guided(const carlo::Object& object, const Scanner& s, double kv, ScanGeometry g,
               const ScatterMaps& cells) {
  g.view_angles.resize(1);
  g.table_positions.resize(1);
  carlo::Setup setup;
  setup.object = object;
  setup.source = carlo::scanner_source(s, kv);
  setup.geometry = g;
  setup.detector = carlo::coarse_detector(s, cells.columns, 1);
  setup.guide = 0.6;
  carlo::Simulation run(std::move(setup), stream("guided"), best_isa());
  run.run(1'000'000);
  Columns all;
  for (Index c = 0; c < cells.columns; ++c)
    all.push_back(run.signal(carlo::Order::single_compton, c, 0).mean +
                  run.signal(carlo::Order::single_rayleigh, c, 0).mean +
                  run.signal(carlo::Order::multiple, c, 0).mean);
  return all;
}

}  // namespace

TEST_CASE("the kernel model's scatter is the Monte Carlo's within 10 %", "[full]") {
  // The primary radiation is the same in both: so are the ratios of scatter to it.
  const double collimation = GENERATE(10.0, 40.0, 80.0, 160.0);
  const bool grid = GENERATE(false, true);
  const Scanner s = scanner_of(collimation, grid);
  const ScatterKernel kernel(s, 120.0, best_isa());
  const ScanGeometry g = test::geometry(s, 1, 0.0);
  for (const double diameter : {200.0, 320.0, 400.0}) {
    const Scene scene = water(diameter, diameter);
    const Beam beam(s, 120.0, scene.materials);
    const ScatterMaps fast = kernel.maps(scene, g, beam, scatter_views(g));
    const ScatterMaps slow = carlo::scatter_views(
        same_in_carlo(diameter, diameter), s, 120.0, g, fast,
        carlo::coarse_detector(s, fast.columns, fast.rows),
        {.relative = 0.03, .most = 1'000'000'000}, stream("kernel"), best_isa());
    CAPTURE(collimation, grid, diameter, middle_of(fast), middle_of(slow));
    CHECK(middle_of(fast) == Approx(middle_of(slow)).epsilon(0.1));
  }
}

TEST_CASE("the kernel model follows ellipses, bodies beside the axis and other voltages",
          "[full]") {
  const double kv = GENERATE(80.0, 120.0, 140.0);
  const Scanner s = scanner_of(40.0, false);
  const ScatterKernel kernel(s, kv, best_isa());
  // Four views, so that the model finds how deep the body lies.
  const ScanGeometry g = test::geometry(s, 4, 0.0);
  struct Case {
    double width, thickness, x, y;
  };
  for (const Case c : {Case{400, 250, 0, 0}, Case{320, 320, 30, 40}, Case{300, 200, -40, 0}}) {
    const Scene scene = water(c.width, c.thickness, c.x, c.y);
    const Beam beam(s, kv, scene.materials);
    const ScatterMaps fast = kernel.maps(scene, g, beam, std::array<Index, 4>{0, 1, 2, 3});
    const ScatterMaps slow = carlo::scatter_views(
        same_in_carlo(c.width, c.thickness, c.x, c.y), s, kv, g, fast,
        carlo::coarse_detector(s, fast.columns, fast.rows),
        {.relative = 0.03, .most = 1'000'000'000}, stream("ellipse"), best_isa());
    for (std::size_t view = 0; view < 4; ++view) {
      CAPTURE(kv, c.width, c.thickness, c.x, c.y, view);
      CHECK(middle_of(fast, view) == Approx(middle_of(slow, view)).epsilon(0.15));
    }
  }
}

TEST_CASE("behind an anti-scatter grid kernels are within 10 % in the middle and in all",
          "[full]") {
  // Other sizes, ratios, voltages and distances than tables are made of, and all of the detector,
  // whose columns at the body's rim receive most: one Rayleigh event, ten times the middle's.
  struct Hardware {
    double collimation, ratio, kv, source_to_iso;
  };
  const Hardware h = GENERATE(Hardware{40, 20, 120, 541}, Hardware{40, 8, 120, 541},
                              Hardware{20, 15, 100, 600}, Hardware{80, 30, 80, 541});
  Scanner s = scanner_of(h.collimation, true);
  s.detector.anti_scatter_grid->ratio = h.ratio;
  const double scale = h.source_to_iso / s.source_to_iso;
  for (double* length : {&s.source_to_iso, &s.source_to_detector, &s.column_pitch, &s.row_pitch})
    *length *= scale;
  const ScatterKernel kernel(s, h.kv, best_isa());
  ScanGeometry g = test::geometry(s, 4, 0.0);
  for (double& angle : g.view_angles) angle -= g.view_angles.front();
  struct Case {
    double width, thickness, y;
  };
  for (const Case c : {Case{200, 200, 0}, Case{280, 280, 0}, Case{400, 400, 0}, Case{400, 250, 0},
                       Case{250, 400, 0}, Case{200, 200, 60}, Case{200, 300, -40}}) {
    const Scene scene = water(c.width, c.thickness, 0.0, c.y);
    const Beam beam(s, h.kv, scene.materials);
    const ScatterMaps fast = kernel.maps(scene, g, beam, std::array<Index, 4>{0, 1, 2, 3});
    const Columns slow = guided(same_in_carlo(c.width, c.thickness, 0.0, c.y), s, h.kv, g, fast);
    CAPTURE(h.collimation, h.ratio, h.kv, h.source_to_iso, c.width, c.thickness, c.y);
    const Columns mine = columns_of(fast);
    CHECK(middle_six(mine) == Approx(middle_six(slow)).epsilon(0.1));
    CHECK(sum(mine) == Approx(sum(slow)).epsilon(0.1));
  }
}

TEST_CASE("the kernel model knows how dense a body is: half the density, the same water") {
  // A body of half the density and sqrt(2) times the size weakens the central ray 0.71 times as
  // much. Of two such bodies that a view sees alike, that which the views at right angles see to be
  // twice as thick is half as dense: its photons go farther and fewer come back to the middle.
  const Scanner s = scanner_of(40.0, false);
  const ScatterKernel kernel(s, 120.0, best_isa(), 20'000);
  ScanGeometry g = test::geometry(s, 4, 0.0);
  for (double& angle : g.view_angles) angle -= g.view_angles.front();
  const auto of = [&](double density) {
    Scene scene = water(300.0, 200.0 / density);
    scene.terms.front().deltas.front().density = 1e-3 * density;
    const Beam beam(s, 120.0, scene.materials);
    return kernel.maps(scene, g, beam, std::array<Index, 4>{0, 1, 2, 3});
  };
  const ScatterMaps dense = of(1.0), thin = of(0.5);
  carlo::Object object = same_in_carlo(300.0, 400.0);
  object.body.content.density *= 0.5f;
  const double wanted = middle_six(guided(object, s, 120.0, g, thin)) /
                        middle_six(guided(same_in_carlo(300.0, 200.0), s, 120.0, g, dense));
  const double ratio = middle_six(columns_of(thin)) / middle_six(columns_of(dense));
  CAPTURE(ratio, wanted);
  CHECK(ratio == Approx(wanted).epsilon(0.06));
}

TEST_CASE("the kernel model knows that bone absorbs: within 10 % with a fifth of chalk", "[full]") {
  // As much calcium as a head has about its brain; water that weakens alike scatters a third more.
  const Scanner s = scanner_of(40.0, false);
  const ScatterKernel kernel(s, 120.0, best_isa());
  const ScanGeometry g = test::geometry(s, 1, 0.0);
  const Material chalk = material("80 % water + 20 % CaCO3 1.2 g/cm3");
  Scene scene = water(180.0, 180.0);
  scene.materials = {chalk};
  scene.terms.front().deltas.front().density = chalk.density;
  const Beam beam(s, 120.0, scene.materials);
  const ScatterMaps fast = kernel.maps(scene, g, beam, scatter_views(g));
  const ScatterMaps slow =
      carlo::scatter_views(carlo::cylinder(chalk, 180.0, 600.0), s, 120.0, g, fast,
                           carlo::coarse_detector(s, fast.columns, fast.rows),
                           {.relative = 0.03, .most = 1'000'000'000}, stream("bone"), best_isa());
  CAPTURE(middle_of(fast), middle_of(slow));
  CHECK(middle_of(fast) == Approx(middle_of(slow)).epsilon(0.1));
}

TEST_CASE("maps of views are those of the object as a whole, and the grid lowers them") {
  // Behind 24 cm of water, by what scatter_map finds on the same cells; 4 standard errors.
  Scanner s = scanner_of(40.0, false);
  const ScanGeometry g = test::geometry(s, 1, 0.0);
  const carlo::Object object = same_in_carlo(240.0, 240.0);
  const auto map = [&](const Scanner& scanner) {
    ScatterMaps flat;  // no guide: all cells alike
    flat.views = {0};
    flat.columns = 9;
    flat.rows = 1;
    flat.mean.assign(9, 1.0);
    flat.square.assign(9, 1.0);
    return carlo::scatter_views(
        object, scanner, 120.0, g, flat, carlo::coarse_detector(scanner, 9, 1),
        {.relative = 0.05, .most = 20'000'000}, stream("views"), best_isa());
  };
  const ScatterMaps views = map(s);
  const carlo::ScatterMap whole =
      carlo::scatter_map(object, s, 120.0, g, carlo::coarse_detector(s, 9, 1),
                         {.relative = 0.05, .most = 20'000'000}, stream("whole"), best_isa());
  // The middle one is the mean of seven columns.
  double mean = 0.0, variance = 0.0;
  for (std::size_t c = 1; c < 8; ++c) {
    mean += whole.scatter(c) / 7.0;
    variance += whole.error[c] * whole.error[c] / 49.0;
  }
  CHECK(views.mean[4] == Approx(mean).margin(4.0 * std::sqrt(variance) + 0.06 * mean));
  // Photons of 120 kV leave between 40 and 90 keV at a time.
  CHECK(views.square[4] > 40.0 * views.mean[4]);
  CHECK(views.square[4] < 90.0 * views.mean[4]);
  s.detector.anti_scatter_grid = AntiScatterGrid{10.0, 0.1, 0.0};
  CHECK(map(s).mean[4] < 0.5 * views.mean[4]);
}

TEST_CASE("a Monte Carlo that cannot reach its precision says what it would need") {
  const Scanner s = scanner_of(10.0, false);
  const ScanGeometry g = test::geometry(s, 1, 0.0);
  ScatterMaps guide;
  guide.views = {0};
  guide.columns = guide.rows = 1;
  guide.mean = guide.square = {1.0};
  const auto run = [&](double relative, std::int64_t most) {
    carlo::scatter_views(same_in_carlo(200.0, 200.0), s, 120.0, g, guide,
                         carlo::coarse_detector(s, 1, 1), {.relative = relative, .most = most},
                         stream("error"), best_isa());
  };
  CHECK_THROWS_WITH(run(1e-5, 50'000), Catch::Contains("after 50000 histories") &&
                                           Catch::Contains("Allow about") &&
                                           Catch::Contains("kernel model"));
  CHECK_THROWS_WITH(run(0.1, 10'000), Catch::Contains("needs 40000 histories at least"));
}

#include <catch2/catch.hpp>
#include <cmath>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/scatter_field.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

Scanner small() {
  Scanner s = test::scanner();
  s.columns = 96;
  s.rows = 20;
  s.views_per_rotation = 240;
  return s;
}

ScanGeometry turn(const Scanner& s) { return test::geometry(s, s.views_per_rotation); }

/// Maps whose values are functions of view, column and row (fractional, of the scan's).
template <class Mean, class Square>
ScatterMaps maps_of(const ScanGeometry& g, Mean mean, Square square) {
  ScatterMaps maps;
  maps.views = scatter_views(g);
  const CoarseCells cells = scatter_cells(g);
  maps.columns = cells.columns;
  maps.rows = cells.rows;
  const auto middle = [](Index i, Index coarse, Index fine) {
    return (double(i) + 0.5) * double(fine) / double(coarse) - 0.5;
  };
  for (const Index view : maps.views)
    for (Index c = 0; c < cells.columns; ++c)
      for (Index r = 0; r < cells.rows; ++r) {
        const double column = middle(c, cells.columns, g.columns);
        const double row = middle(r, cells.rows, g.rows);
        maps.mean.push_back(mean(double(view), column, row));
        maps.square.push_back(square(double(view), column, row));
      }
  return maps;
}

Exposure flat(const ScanGeometry& g, float signal, float quanta) {
  Exposure e{Sinogram<quantity::Signal>(g), Sinogram<quantity::Quanta>(g)};
  std::ranges::fill(e.signal.values(), signal);
  std::ranges::fill(e.quanta.values(), quanta);
  return e;
}

float farthest(std::span<const float> values, float from) {
  float most = 0.0f;
  for (const float value : values) most = std::max(most, std::abs(value - from));
  return most;
}

}  // namespace

TEST_CASE("scatter is computed for the first and the last view of every rotation at rest") {
  const Scanner s = small();
  ScanGeometry g = turn(s);
  const auto all = scatter_views(g);
  CHECK(all.front() == 0);
  CHECK(all.back() == g.views() - 1);
  CHECK(all.size() == 25);  // 24 to the turn, and the last
  const ScanGeometry one = g;
  g.view_angles.insert(g.view_angles.end(), one.view_angles.begin(), one.view_angles.end());
  g.table_positions.insert(g.table_positions.end(), one.table_positions.size(), 40.0);
  const auto two = scatter_views(g);
  REQUIRE(two.size() == 50);
  for (std::size_t i = 0; i < 25; ++i) CHECK(two[25 + i] == all[i] + one.views());
  CHECK(scatter_cells(g).rows == 1);  // 12.5 mm at the isocentre
  CHECK(scatter_cells(hardware_geometry(test::scanner())).rows == 4);
}

TEST_CASE("scatter that is linear in view, column and row is interpolated exactly, to 1e-5") {
  Scanner s = small();
  s.rows = 40;
  s.views_per_rotation = 120;
  const Beam beam(s, 120.0, {});
  const ScanGeometry g = turn(s);
  const auto mean = [](double v, double c, double r) {
    return 2e4 + 30.0 * v + 100.0 * c + 50.0 * r;
  };
  const auto square = [&](double v, double c, double r) { return 65.0 * mean(v, c, r); };
  const ScatterField field(g, beam, maps_of(g, mean, square), 0.5, best_isa());
  Exposure e = flat(g, 0.125f, 1000.0f);
  field.add(0, g.views(), e.signal.values(), e.quanta.values());
  for (const Index v : {0, 7, 100, 119})
    for (const Index c : {0, 50, 95})
      for (const Index r : {0, 30, 39}) {
        CAPTURE(v, c, r);
        const auto at = std::size_t(c * g.rows + r);
        const double air = beam.air_signal(c);
        const double added = 0.5 * mean(double(v), double(c), double(r)) / air;
        CHECK(double(e.signal.view(v)[at]) == Approx(0.125 + added).epsilon(1e-5));
        // Variances add: S^2 / Q of what was there, and the second moment of the energy.
        const double variance =
            0.125 * 0.125 / 1000.0 + 0.5 * square(double(v), double(c), double(r)) / (air * air);
        const double after = double(e.signal.view(v)[at]);
        CHECK(double(e.quanta.view(v)[at]) == Approx(after * after / variance).epsilon(1e-5));
      }
  field.subtract(0, g.views(), 1.0, e.signal.values());
  CHECK(farthest(e.signal.values(), 0.125f) < 1e-5f);
}

TEST_CASE("scatter has the same bits whatever the blocks, and none at strength 0") {
  const Scanner s = small();
  const Beam beam(s, 120.0, {});
  const ScanGeometry g = turn(s);
  const auto mean = [](double v, double c, double) {
    return 3e4 + 5e3 * std::sin(0.1 * v) + 4e3 * std::cos(0.2 * c);
  };
  const auto square = [&](double v, double c, double r) { return 60.0 * mean(v, c, r); };
  const ScatterField field(g, beam, maps_of(g, mean, square), 1.0, best_isa());
  Exposure whole = flat(g, 0.1f, 500.0f), parts = flat(g, 0.1f, 500.0f);
  field.add(0, g.views(), whole.signal.values(), whole.quanta.values());
  const auto cells = std::size_t(g.columns * g.rows);
  for (Index v = 0; v < g.views(); v += 80)
    field.add(v, 80, parts.signal.values().subspan(std::size_t(v) * cells, 80 * cells),
              parts.quanta.values().subspan(std::size_t(v) * cells, 80 * cells));
  CHECK(std::ranges::equal(whole.signal.values(), parts.signal.values()));
  CHECK(std::ranges::equal(whole.quanta.values(), parts.quanta.values()));

  const ScatterField none(g, beam, maps_of(g, mean, square), 0.0, best_isa());
  Exposure before = flat(g, 0.1f, 500.0f);
  none.add(0, g.views(), before.signal.values(), before.quanta.values());
  CHECK(farthest(before.signal.values(), 0.1f) == 0.0f);
  CHECK(farthest(before.quanta.values(), 500.0f) < 1e-3f);
}

TEST_CASE("the noise of scattered quanta is that of their energies' second moment, to 2 %") {
  // Compound Poisson: a reading of L mAs has variance (S^2 / Q + m2 / air^2) / L, whether or not
  // the mean of the scatter is subtracted.
  Scanner s = small();
  s.detector.electronic_noise = 0.0;
  const Beam beam(s, 120.0, {});
  const ScanGeometry g = turn(s);
  const double air = beam.air_signal(48), mean = 0.02 * air, second = 68.0 * mean;
  const auto constant = [](double value) { return [=](double, double, double) { return value; }; };
  const ScatterField field(g, beam, maps_of(g, constant(mean), constant(second)), 1.0, best_isa());
  Exposure e = flat(g, 0.01f, 3000.0f);
  field.add(0, g.views(), e.signal.values(), e.quanta.values());
  const double load = 100.0;
  auto noisy = acquire(e, beam, load, make_stream(1, "scatter", Draw::quantum), best_isa());
  field.subtract(0, g.views(), 1.0, noisy.values());
  double sum = 0.0, squares = 0.0, n = 0.0;
  for (Index v = 0; v < g.views(); ++v)
    for (Index r = 0; r < g.rows; ++r) {
      const double x = double(noisy.view(v)[std::size_t(48 * g.rows + r)]);
      sum += x;
      squares += x * x;
      n += 1.0;
    }
  const double variance = (squares - sum * sum / n) / (n - 1.0);
  const double wanted =
      (1e-4 / 3000.0 + second / (air * air)) / (load / double(g.views_per_rotation));
  CHECK(sum / n == Approx(0.01).margin(4.0 * std::sqrt(wanted / n)));
  // 4,800 readings know a variance to 2 %; 3 of these.
  CHECK(variance == Approx(wanted).epsilon(0.06));
  CHECK(second / (air * air) > 0.2 * 1e-4 / 3000.0);
}

TEST_CASE("a grid's septa take their share of the primary radiation") {
  Scanner s = small();
  const Beam open(s, 120.0, {});
  s.detector.anti_scatter_grid = AntiScatterGrid{12.0, 0.15, 0.1};
  const Beam behind(s, 120.0, {});
  const double left = 1.0 - 0.15 * (1.0 - 0.1);
  CHECK(behind.air_signal(40) == Approx(left * open.air_signal(40)).epsilon(1e-12));
  CHECK(behind.air_quanta(40) == Approx(left * open.air_quanta(40)).epsilon(1e-12));
}

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/tube_current.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

/// An elliptic cylinder of water, 340 x 220 mm, that ends in a round one of 160 mm at z = 0.
Scene torso() {
  test::SceneBuilder b({"water"});
  b.term({b.add(Solid::Kind::cylinder, {0, 0, 100}, {170, 110, 100})}, 0, 1e-3);
  b.term({b.add(Solid::Kind::cylinder, {0, 0, -100}, {80, 80, 100})}, 0, 1e-3);
  return b.scene;
}

Scanner small() {
  Scanner s = test::scanner();
  s.rows = 8;
  s.views_per_rotation = 360;
  return s;
}

ScanGeometry helix(const Scanner& scanner, Index turns) {
  ScanGeometry g = hardware_geometry(scanner);
  for (Index v = 0; v < turns * 360; ++v) {
    g.view_angles.push_back(2.0 * std::numbers::pi * double(v) / 360.0);
    g.table_positions.push_back(-60.0 + 120.0 * double(v) / double(turns * 360));
  }
  return g;
}

double mean(const std::vector<double>& x) {
  return std::accumulate(x.begin(), x.end(), 0.0) / double(x.size());
}

}  // namespace

TEST_CASE("a modulated current follows exp(strength p), and keeps the mean") {
  const Scanner scanner = small();
  const Beam beam(scanner, 120.0, test::named({"water"}));
  ScanGeometry g = test::geometry(scanner, 360, 60.0);
  const auto p = view_attenuation(torso(), g, beam, best_isa());
  REQUIRE(std::ssize(p) == 360);
  // The widest rays pass 340 mm (from the side) and 220 mm of water on the central column.
  const auto [low, high] = std::ranges::minmax_element(p);
  CHECK(*high == Approx(-std::log(beam.water_signal(444, 340))).epsilon(0.01));
  CHECK(*low == Approx(-std::log(beam.water_signal(444, 220))).epsilon(0.03));

  for (const double strength : {0.0, 0.5, 1.0}) {
    const auto load = modulated({strength, 0.5, {}, {}}, p, g, {});
    if (strength == 0.0) {
      for (const double x : load) CHECK(x == Approx(1.0).epsilon(1e-12));  // one rotation
      continue;
    }
    CHECK(mean(load) == Approx(1.0).epsilon(1e-12));
    for (std::size_t v = 1; v < load.size(); ++v)
      REQUIRE(load[v] / load[0] == Approx(std::exp(strength * (p[v] - p[0]))).epsilon(1e-9));
  }
  CHECK(modulated({0.0, 0.0, {}, {}}, p, g, {}).empty());
}

TEST_CASE("longitudinal modulation spares what is thin, within the limits and at the same mean") {
  const Scanner scanner = small();
  const Beam beam(scanner, 120.0, test::named({"water"}));
  const ScanGeometry g = helix(scanner, 8);
  const auto p = view_attenuation(torso(), g, beam, best_isa());
  const auto load = modulated({0.0, 1.0, {}, {}}, p, g, {});
  CHECK(mean(load) == Approx(1.0).epsilon(1e-12));
  CHECK(load.back() > 5.0 * load.front());
  // A strength of 1 makes the mean of ln(load) - p of rotations the same at both ends.
  const auto end_sum = [&](const std::vector<double>& x, std::size_t first) {
    return std::accumulate(x.begin() + long(first), x.begin() + long(first) + 360, 0.0) / 360.0;
  };
  CHECK(std::log(load.back() / load.front()) ==
        Approx(end_sum(p, load.size() - 360) - end_sum(p, 0)).epsilon(1e-9));

  const CurrentLimits limits = current_limits({0.5, 1.0, 50.0, 180.0}, 100.0, 120.0, {});
  const auto limited = modulated({0.5, 1.0, {}, {}}, p, g, limits);
  CHECK(mean(limited) == Approx(1.0).epsilon(1e-9));
  CHECK(*std::ranges::min_element(limited) == Approx(0.5));
  CHECK(*std::ranges::max_element(limited) == Approx(1.8));
}

TEST_CASE("a tube gives no more than its power") {
  const auto limits = current_limits({}, 200.0, 120.0, 60.0);  // 500 mA
  CHECK(limits.most == Approx(2.5));
  CHECK_THROWS_WITH(current_limits({}, 600.0, 120.0, 60.0),
                    Catch::Contains("600 mA") && Catch::Contains("500"));
  CHECK_THROWS_WITH(current_limits({0.5, 0.5, 100.0, {}}, 40.0, 120.0, {}),
                    Catch::Contains("40 mA"));
}

TEST_CASE("modulation evens the noise out between lateral and frontal views") {
  const Scanner scanner = small();
  const Beam beam(scanner, 120.0, test::named({"water"}));
  const ScanGeometry g = test::geometry(scanner, 360, 60.0);
  const auto e = expose(torso(), g, beam, {1, 1, 1}, best_isa());
  const auto p = view_attenuation(torso(), g, beam, best_isa());
  // Variance of the central columns' log signal, worst view over best: exp(p) over the load.
  const auto ratio = [&](double strength) {
    Conditions conditions;
    conditions.modulation = modulated({strength, 0.0, {}, {}}, p, g, {});
    const auto seen = acquire(e, beam, 300.0, Stream{7, Draw::quantum}, best_isa(), conditions);
    double least = 1e300, most = 0.0;
    for (Index v = 0; v < 360; v += 10) {
      double square = 0.0;
      for (Index i = 380 * 8; i < 508 * 8; ++i) {
        const auto at = std::size_t(i);
        const double d = double(seen.view(v)[at]) / double(e.signal.view(v)[at]) - 1.0;
        square += d * d / 1024.0;
      }
      least = std::min(least, square);
      most = std::max(most, square);
    }
    return most / least;
  };
  const double constant = ratio(0.0), half = ratio(0.5), full = ratio(1.0);
  CAPTURE(constant, half, full);
  CHECK(constant > 7.0);
  CHECK(half == Approx(std::sqrt(constant)).epsilon(0.25));
  CHECK(full < 1.5);
}

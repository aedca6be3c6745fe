#include <algorithm>
#include <catch2/catch.hpp>
#include <numbers>

#include "fixture.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/core/units.hpp"

// Turns that are less than full ones.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

constexpr double pi = std::numbers::pi;

ScanGeometry flat(ScanGeometry g) {
  g.shape = DetectorShape::flat;
  return g;
}

Image soft_image(const LineIntegrals& data, const Grid& grid) {
  return reconstruct(rebin(data, isa()), *kernel(Value("soft")), grid, 0.625, water_scale, isa());
}

/// A water cylinder with a light rod and a dense one.
std::vector<Part> phantom() {
  return {{cylinder({4, -3, 0}, 70), mu_70kev},
          {cylinder({30, 20, 0}, 12), 0.1 * mu_70kev},
          {cylinder({-25, 10, 0}, 12), -0.1 * mu_70kev}};
}

/// Largest difference where the phantom is the same for `margin` mm around.
double largest_difference(const Image& a, const Image& b, double margin) {
  double most = 0.0;
  for (Index j = 0; j < a.grid().size[1]; ++j)
    for (Index i = 0; i < a.grid().size[0]; ++i) {
      const Vec3 p = a.grid().centre(i, j, 0);
      const auto near = [&](double x, double y, double radius) {
        return std::abs(std::hypot(p.x() - x, p.y() - y) - radius) < margin;
      };
      if (near(4, -3, 70) || near(30, 20, 12) || near(-25, 10, 12)) continue;
      most = std::max(most, std::abs(double(a(i, j, 0) - b(i, j, 0))));
    }
  return most;
}

}  // namespace

TEST_CASE("the weights of a ray and its conjugate sum to 1") {
  for (const double arc : {1.2 * pi, 1.4 * pi, 1.7 * pi, 1.99 * pi}) {
    const ShortScanWeights weight(arc);
    double worst = 0.0;
    for (int i = 0; i < 720; ++i)
      for (int j = -20; j <= 20; ++j) {
        const double fan = double(j) / 20.5 * weight.half_fan(), angle = arc * double(i) / 719.0;
        double sum = weight(angle, fan);  // of all times that the line is measured
        for (const double turns : {-1.0, 1.0}) sum += weight(angle + turns * pi - 2.0 * fan, -fan);
        worst = std::max(worst, std::abs(sum - 1.0));
      }
    CHECK(worst < 1e-12);
  }
}

TEST_CASE("the weights leave the ends of the arc at 0 without a step or a bend") {
  const ShortScanWeights weight(1.4 * pi);
  constexpr double step = 1e-5;
  for (const double fan : {-0.3, 0.0, 0.3})
    for (const double end : {0.0, weight.arc()}) {
      const double inside = std::abs(end - step);
      CHECK(weight(end, fan) == 0.0);
      CHECK(weight(inside, fan) < 1e-8);  // grows with the square
      CHECK(weight(end + (end > 0.0 ? step : -step), fan) == 0.0);
    }
}

TEST_CASE("a short scan makes the full scan's image of water, within 1 HU") {
  // Without a quarter offset both have the same rays, and no aliases that only one of them has.
  ScanGeometry full = small_scan(2, 720);
  full.column_offset = 0.0;
  for (const ScanGeometry& g : {full, flat(full)}) {
    const Image whole = soft_image(project(g, phantom()), box(160, 160));
    for (const double arc : {201.0, 250.0, 330.0}) {
      const Image part = soft_image(project(first_part(g, arc), phantom()), box(160, 160));
      CAPTURE(arc, g.shape == DetectorShape::flat);
      CHECK(largest_difference(part, whole, 2.0) < 1.0);
      CHECK(std::abs(roi_mean(part, {4, -40, 0}, 15)) < 0.5);
      CHECK(roi_mean(part, {30, 20, 0}, 8) == Approx(roi_mean(whole, {30, 20, 0}, 8)).margin(0.2));
    }
  }
}

TEST_CASE("short scans at several table positions find balls where they are") {
  const ScanGeometry g = first_part(small_scan(16, 720, {-4.0, 4.0}), 230.0);
  const std::vector<Vec3> balls{{20, 10, -3}, {-40, 5, 0}, {5, -50, 5}};
  std::vector<Part> parts;
  for (const Vec3& at : balls) parts.push_back({ball(at, 3.0), mu_70kev});
  const Image image = soft_image(project(g, parts), box(120, 240, Vec3::Zero(), 48, 0.5));
  const double mass = 4.0 / 3.0 * pi * 27.0 / (0.5 * 0.5 * 0.5) * 1000.0;
  for (const Vec3& at : balls) {
    const Weighed found = weigh(image, at, 6.0);
    CHECK((found.centre - at).norm() < 0.06);
    CHECK(found.mass == Approx(mass).epsilon(0.02));
  }
}

TEST_CASE("the tiled image of a short scan is that of single points") {
  const ScanGeometry g = first_part(small_scan(16, 360, {-4.0, 4.0}), 240.0);
  const Rebinned scan = rebin(
      project(g, {{cylinder({4, -3, 0}, 60), mu_70kev}, {ball({20, 10, 2}, 8), 0.5 * mu_70kev}}),
      isa());
  const Image image = reconstruct(scan, *kernel(Value("soft")),
                                  box(120, 100, Vec3::Zero(), 20, 0.8), 0.8, water_scale, isa());
  CHECK(tiled_against_exact(scan, image, "soft", 0.8, 400) < 1e-3);
}

TEST_CASE("a short scan's noise is what its weights say, at the axis") {
  // Of a full turn two readings of variance 1 are averaged; of an arc pi + 2 d, 2 d / pi of the
  // lines are sums of two with the weights sin^2 and cos^2, whose squares' mean is 3/4.
  const auto variance = [](const ScanGeometry& g) {
    LineIntegrals data(g);
    Rng rng(make_stream(7, "short scan", Draw::quantum), 0);
    for (float& x : data.values()) x = 0.01f * float(rng.normal());
    const Image image = reconstruct(rebin(data, isa()), *kernel(Value("soft")), box(40, 80), 0.625,
                                    HounsfieldScale{1.0, 0.0}, isa());
    double square = 0.0;
    for (const float x : image.values()) square += (double(x) + 1000.0) * (double(x) + 1000.0);
    return square / double(image.values().size());
  };
  const ScanGeometry full = small_scan(2, 720);
  const double whole = variance(full);
  for (const double arc : {202.0, 270.0, 345.0}) {
    const double doubled = arc / 180.0 - 1.0;  // 2 d / pi
    CHECK(variance(first_part(full, arc)) / whole ==
          Approx(2.0 * (1.0 - 0.25 * doubled)).epsilon(0.08));
  }
}

TEST_CASE("the readings of a flying focal spot make a short scan's lines too") {
  ScanGeometry full = small_scan(2, 720);
  fly(full, {{-0.33, 0.0, 0.0}, {0.33, 0.0, 0.0}});
  const Image whole = soft_image(project(full, phantom()), box(160, 160));
  const Image part = soft_image(project(first_part(full, 239.5), phantom()), box(160, 160));
  CHECK(largest_difference(part, whole, 5.0) < 1.2);
}

TEST_CASE("an arc that is too short is refused with the one that is needed") {
  const ScanGeometry g = first_part(small_scan(2, 720), 198.0);
  CHECK_THROWS_WITH(rebin(LineIntegrals(g), isa()), Catch::Contains("cover 198 degrees") &&
                                                        Catch::Contains("199.7") &&
                                                        Catch::Contains("Scan a longer arc"));
}

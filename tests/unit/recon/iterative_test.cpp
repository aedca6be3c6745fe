#include "vitrine/recon/iterative.hpp"

#include <catch2/catch.hpp>

#include "iterative_fixture.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

const std::vector<Vec3> places{{0, 0, 0}, {40, 0, 0}, {-40, 0, 0}, {0, 40, 0}, {0, -40, 0}};

TestScan water(const ScanGeometry& g, double radius = 65.0, Vec3 centre = {12, -8, 0}) {
  return scan_of(project_cells(g, {{cylinder(centre, radius), mu_70kev}}), quanta(g, 1e5));
}

/// Mean in a slice within `radius` of a point.
double mean_in(const Image& image, Index k, const Vec3& centre, double radius) {
  const Vec3 p(centre.x(), centre.y(), image.grid().centre(0, 0, k).z());
  return roi_mean(image, p, radius);
}

/// Standard deviation of a slice's voxels within `radius` of a point.
double deviation(const Image& image, Index k, const Vec3& centre, double radius) {
  const double mean = mean_in(image, k, centre, radius);
  double squares = 0.0, n = 0.0;
  for (Index j = 0; j < image.grid().size[1]; ++j)
    for (Index i = 0; i < image.grid().size[0]; ++i) {
      const Vec3 p = image.grid().centre(i, j, k) - centre;
      if (p.x() * p.x() + p.y() * p.y() > radius * radius) continue;
      squares += std::pow(double(image(i, j, k)) - mean, 2);
      n += 1.0;
    }
  return std::sqrt(squares / n);
}

Image filtered(const TestScan& scan, const char* kind, const Grid& grid, double thickness) {
  return reconstruct(scan.lines, *kernel(Value(kind)), grid, thickness, water_scale, isa());
}

}  // namespace

TEST_CASE("iterative: a water disc is 0 HU, axial and helical, curved and flat, in every slice",
          "[full]") {
  ScanGeometry flat = small_scan(8, 240);
  flat.shape = DetectorShape::flat;
  for (const ScanGeometry& g : {small_scan(8, 240), flat, helix(1.0, 3.0, 8, 240)}) {
    const Image image =
        iterated(water(g), {.iterations = 6}, box(160, 100, {0, 0, 0}, 5, 0.7), 0.7);
    for (const Index k : {0, 2, 4})
      for (const Vec3& place : places) {
        CAPTURE(k, place.x(), place.y());
        CHECK(std::abs(mean_in(image, k, Vec3(12, -8, 0) + place, 8)) < 2.0);
      }
  }
}

TEST_CASE("iterative: a short scan makes water 0 HU, of one arc and of a longer one", "[full]") {
  for (const double degrees : {205.0, 270.0}) {
    const ScanGeometry g = first_part(small_scan(8, 240), degrees);
    const Image image =
        iterated(water(g), {.iterations = 6}, box(160, 100, {0, 0, 0}, 3, 0.7), 0.7);
    for (const Index k : {0, 1, 2})
      for (const Vec3& place : places) {
        CAPTURE(degrees, k, place.x(), place.y());
        CHECK(std::abs(mean_in(image, k, Vec3(12, -8, 0) + place, 8)) < 2.0);
      }
  }
}

TEST_CASE("iterative: an image that is smaller than the object has its CT numbers", "[full]") {
  // 130 mm of water in an image of 60 mm, aside of the middle; thick slices between thin ones.
  const Image image =
      iterated(water(small_scan(8, 240)), {.iterations = 3}, box(60, 80, {30, 10, 0}, 3, 1.5), 1.0);
  for (const Index k : {0, 1, 2})
    for (const Vec3& place : {Vec3(30, 10, 0), Vec3(8, 10, 0), Vec3(30, -12, 0), Vec3(30, 32, 0)}) {
      CAPTURE(k, place.x(), place.y());
      CHECK(std::abs(mean_in(image, k, place, 6)) < 2.0);
    }
}

TEST_CASE("iterative: bone beside a small image leaves it as it is in a large one", "[full]") {
  // Two rods, the nearer 3 mm from the image's edge, whose edges the surroundings have to hold.
  const ScanGeometry g = small_scan(8, 360);
  const TestScan scan = scan_of(project_cells(g, {{cylinder({12, -8, 0}, 65), mu_70kev},
                                                  {cylinder({33, 10, 0}, 10), mu_70kev},
                                                  {cylinder({-20, -45, 0}, 8), mu_70kev}}),
                                quanta(g, 1e6));
  const Iterative::Params how{.iterations = 4};
  const Image whole = iterated(scan, how, box(160, 256, {0, 0, 0}, 1, 0.7), 0.7);
  const Image part = iterated(scan, how, box(40, 64, {0, 0, 0}, 1, 0.7), 0.7);
  double squares = 0.0, worst = 0.0;
  for (Index j = 0; j < 64; ++j)
    for (Index i = 0; i < 64; ++i) {
      const double difference = double(part(i, j, 0)) - double(whole(i + 96, j + 96, 0));
      squares += difference * difference;
      worst = std::max(worst, std::abs(difference));
    }
  CAPTURE(worst);
  CHECK(std::sqrt(squares / 4096.0) < 4.0);
}

TEST_CASE("iterative: an object wider than the fan keeps its CT numbers", "[full]") {
  // Water of 240 mm in a fan of 182 mm.
  const Image image = iterated(water(small_scan(8, 240), 120.0, {0, 0, 0}), {.iterations = 4},
                               box(120, 96, {0, 0, 0}, 3, 0.7), 0.7);
  for (const Vec3& place : places) {
    CAPTURE(place.x(), place.y());
    CHECK(std::abs(mean_in(image, 1, place, 8)) < 8.0);
  }
}

TEST_CASE("iterative: small differences are transferred as the prior says", "[full]") {
  // A rod of 1 mm radius, all below the edge: 1 / (1 + (f / half)^3), at two doses.
  const ScanGeometry g = small_scan(8, 360);
  for (const double half : {0.3}) {
    std::vector<double> transfers;
    for (const double count : {1e4, 1e6}) {
      const double radius = 1.0;
      const TestScan scan =
          scan_of(project_cells(g, {{cylinder({5, 3, 0}, radius), 1e-3}}), quanta(g, count));
      const Image image = iterated(scan, {.iterations = 16, .half_frequency = half, .edge = 2000.0},
                                   box(50, 100, {5, 3, 0}, 3, 0.7), 0.7);
      const auto content = [&](double f) {
        double sum = 0.0;
        for (Index j = 0; j < 100; ++j)
          for (Index i = 0; i < 100; ++i) {
            const double x = image.grid().centre(i, j, 1).x() - 5.0;
            sum += (double(image(i, j, 1)) + 1000.0) * math::cos(2.0 * std::numbers::pi * f * x);
          }
        return sum;
      };
      for (const double f : {0.1, 0.2, 0.3, 0.4}) {
        // The rod's own spectrum: 2 J1(x) / x by its series.
        const double x = 2.0 * std::numbers::pi * f * radius, q = 0.25 * x * x;
        const double rod =
            1.0 - q / 2.0 + q * q / 12.0 - q * q * q / 144.0 + q * q * q * q / 2880.0;
        transfers.push_back(content(f) / content(0.0) / rod);
        CAPTURE(half, f, count);
        CHECK(transfers.back() == Approx(1.0 / (1.0 + std::pow(f / half, 3))).margin(0.06));
      }
    }
    for (std::size_t i = 0; i < 4; ++i)
      CHECK(transfers[i] == Approx(transfers[i + 4]).margin(0.005));
  }
}

TEST_CASE("iterative: noise falls below filtered back projection's, edges stay as steep",
          "[full]") {
  const ScanGeometry g = small_scan(8, 360);
  const std::vector<Part> parts{{cylinder({0, 0, 0}, 75), mu_70kev},
                                {cylinder({-20, 30, 0}, 5), 0.01}};
  const TestScan scan = scan_of(noisy(project_cells(g, parts), 2e5), quanta(g, 2e5));
  const Grid grid = box(170, 240, {0, 0, 0}, 5, 0.7);
  const Image plain = filtered(scan, "detail", grid, 0.7),
              image = iterated(scan, {.half_frequency = 0.3, .edge = 30.0}, grid, 0.7);
  const double before = deviation(plain, 2, {0, 0, 0}, 15),
               now = deviation(image, 2, {0, 0, 0}, 15);
  // Steepest rise across the rod's edge, HU a voxel, mean of both sides and of five slices.
  const auto steepness = [&](const Image& of) {
    double sum = 0.0;
    for (Index k = 0; k < 5; ++k) {
      double rise = 0.0, fall = 0.0;
      const Index j = Index((30.0 - grid.origin.y()) / grid.spacing.y() + 0.5);
      for (Index i = 80; i < 115; ++i) {
        const double step = double(of(i + 1, j, k)) - double(of(i, j, k));
        rise = std::max(rise, step);
        fall = std::max(fall, -step);
      }
      sum += 0.1 * (rise + fall);
    }
    return sum;
  };
  INFO("noise " << now << " of " << before << " HU, edge " << steepness(image) << " of "
                << steepness(plain));
  CHECK(now < 0.6 * before);
  CHECK(steepness(image) > steepness(plain));
  CHECK(std::abs(mean_in(image, 2, {0, 0, 0}, 15) - mean_in(plain, 2, {0, 0, 0}, 15)) < 2.0);
}

TEST_CASE("iterative: streaks of rays that starve fall", "[full]") {
  // Two rods of 24 mm that let a ten-thousandth through, electronic noise of five quanta.
  const ScanGeometry g = small_scan(8, 360);
  const std::vector<Part> parts{{cylinder({0, 0, 0}, 70), mu_70kev},
                                {cylinder({-42, 0, 0}, 12), 0.10},
                                {cylinder({42, 0, 0}, 12), 0.10}};
  const TestScan scan =
      scan_of(noisy(project_cells(g, parts), 2e4, 2.5e-4), quanta(g, 2e4, 2.5e-4));
  const Grid grid = box(170, 160, {0, 0, 0}, 3, 0.7);
  const Image plain = filtered(scan, "soft", grid, 0.7), image = iterated(scan, {}, grid, 0.7);
  const double before = deviation(plain, 1, {0, 0, 0}, 15),
               now = deviation(image, 1, {0, 0, 0}, 15);
  INFO("between the rods " << now << " of " << before << " HU");
  CHECK(now < 0.5 * before);
}

TEST_CASE("iterative: refuses a tilted gantry and a flying focal spot") {
  TestScan scan = water(small_scan(4, 60));
  ScanGeometry tilted = small_scan(4, 60);
  tilted.tilt = 0.1;
  scan.measured = MeasuredRays{LineIntegrals(tilted), quanta(tilted, 1.0)};
  CHECK_THROWS_WITH(iterated(scan, {}, box(60, 32), 1.0), Catch::Contains("upright gantry"));
  ScanGeometry flies = small_scan(4, 60);
  flies.focal_shifts.assign(60, {});
  scan.measured = MeasuredRays{LineIntegrals(flies), quanta(flies, 1.0)};
  CHECK_THROWS_WITH(iterated(scan, {}, box(60, 32), 1.0), Catch::Contains("flying focal spot"));
}

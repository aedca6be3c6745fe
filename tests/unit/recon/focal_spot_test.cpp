#include <array>
#include <catch2/catch.hpp>
#include <numbers>

#include "fixture.hpp"
#include "vitrine/model/scanner.hpp"

// Readings from several places of the focal spot make one image.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

enum class Flight { none, in_plane, z, both };

/// Half a column, half a row at the isocentre, or both; on an anode of 7 degrees.
std::vector<FocalShift> places(const ScanGeometry& g, Flight flight) {
  Scanner s;
  s.anode_angle = 7.0 * std::numbers::pi / 180.0;
  const double half = 0.5 * g.source_to_iso / (g.source_to_detector - g.source_to_iso);
  s.flying_focal_spot =
      FlyingFocalSpot{half * g.column_angle * g.source_to_detector, half * g.row_pitch};
  return focal_positions(s, flight == Flight::in_plane || flight == Flight::both,
                         flight == Flight::z || flight == Flight::both);
}

ScanGeometry flown(ScanGeometry g, Flight flight) {
  fly(g, places(g, flight));
  return g;
}

constexpr Flight flights[] = {Flight::none, Flight::in_plane, Flight::z, Flight::both};

/// Standard deviation of water beside the ends of a bone, in slices of one row: windmills. The mean
/// over slices goes first: what they have in common is no windmill.
double windmills(const ScanGeometry& g) {
  std::vector<Part> parts{{cylinder({0, 0, 0}, 75), mu_70kev}};
  for (const double z : {-6.0, 0.0, 6.0})
    parts.push_back({cylinder({0, 42, z}, 14, 1.5), 2.0 * mu_70kev});
  const Rebinned scan = rebin(project(g, parts), isa());
  constexpr Index slices = 24;
  const Image image =
      reconstruct(scan, *kernel("hann", 0.5), box(150, 100, Vec3::Zero(), slices, 0.5), 0.625,
                  water_scale, isa());
  double square = 0.0, n = 0.0;
  for (Index j = 0; j < 100; ++j)
    for (Index i = 0; i < 100; ++i) {
      const Vec3 p = image.grid().centre(i, j, 0);
      if (p.head<2>().norm() > 60.0 || p.y() > 20.0) continue;
      double mean = 0.0;
      for (Index k = 0; k < slices; ++k) mean += double(image(i, j, k)) / double(slices);
      for (Index k = 0; k < slices; ++k) {
        square += std::pow(double(image(i, j, k)) - mean, 2);
        n += 1.0;
      }
    }
  return std::sqrt(square / n);
}

}  // namespace

TEST_CASE("a focal spot that is deflected by nothing stands still") {
  Scanner s;
  s.flying_focal_spot = FlyingFocalSpot{};
  ScanGeometry g = small_scan();
  fly(g, focal_positions(s, true, true));
  CHECK(g.focal_shifts.empty());
  CHECK(Spots(g).period() == 1);
}

TEST_CASE("z flying focal spot: the slice profile is as wide as the slice", "[full]") {
  for (const double thickness : {1.0, 2.5})
    for (const double x : {0.0, 75.0}) {
      const double width = slice_width(
          [](double reach) { return flown(helix(1.0, reach), Flight::z); }, thickness, x);
      CAPTURE(thickness, x, width);
      CHECK(width == Approx(thickness).epsilon(x == 0.0 ? 0.10 : 0.15));
    }
}

TEST_CASE("flying focal spot: water is flat and 0 HU, axial and helical", "[full]") {
  const Vec3 centre(12, -8, 0);
  for (const Flight flight : flights)
    for (const ScanGeometry& still : {small_scan(16, 480), helix(0.9, 3.0, 16, 480)}) {
      const Rebinned scan =
          rebin(project(flown(still, flight), {{cylinder(centre, 65), mu_70kev}}), isa());
      CHECK(scan.spots().across() ==
            (flight == Flight::in_plane || flight == Flight::both ? 2 : 1));
      CHECK(scan.spots().heights() == (flight == Flight::z || flight == Flight::both ? 2 : 1));
      const Image image =
          reconstruct(scan, *kernel(Value("standard")), box(180, 128), 0.625, water_scale, isa());
      CAPTURE(int(flight), scan.is_helical());
      for (const Vec3& offset :
           {Vec3(0, 0, 0), Vec3(45, 0, 0), Vec3(-45, 0, 0), Vec3(0, 45, 0), Vec3(0, -45, 0)})
        CHECK(std::abs(roi_mean(image, centre + offset, 8)) < 0.7);
    }
}

TEST_CASE("flying focal spot: a ball has its CT number, its place and its volume", "[full]") {
  // Four places need four times the readings: a ball's edge off the axis passes columns quickly.
  const Vec3 centre(-55, 30, -3);
  for (const Flight flight : flights)
    for (const ScanGeometry& still : {small_scan(40, 960), helix(0.9, 9.0, 16, 960)}) {
      const Rebinned scan =
          rebin(project(flown(still, flight), {{ball(centre, 6), mu_70kev}}), isa());
      const Grid grid = box(24, 40, centre, 29, 0.6);
      const Image image =
          reconstruct(scan, *kernel(Value("standard")), grid, 0.625, water_scale, isa());
      CAPTURE(int(flight), scan.is_helical());
      CHECK(std::abs(roi_mean(image, centre, 4)) < 8.0);
      const Weighed seen = weigh(image, centre, 9.0);
      CHECK((seen.centre - centre).norm() < 0.05);
      CHECK(seen.mass / 1000.0 * grid.voxel_volume() ==
            Approx(4.0 / 3.0 * std::numbers::pi * 216.0).epsilon(0.02));
    }
}

TEST_CASE("flying focal spot: a wire lies where it is") {
  const Vec3 wire(40, -25, 0);
  for (const Flight flight : {Flight::in_plane, Flight::both}) {
    const Rebinned scan =
        rebin(project(flown(small_scan(8, 480), flight), {{cylinder(wire, 0.4), 0.05}}), isa());
    const Image image = reconstruct(scan, *kernel(Value("standard")), box(12, 96, wire), 0.625,
                                    HounsfieldScale{1.0, 0.0}, isa());
    CAPTURE(int(flight));
    CHECK((weigh(image, wire, 4.0).centre - wire).norm() < 0.02);
  }
}

TEST_CASE("in-plane flying focal spot: a fine pattern does not fold over", "[full]") {
  // Wires 0.8 mm apart under columns of 0.58 mm without quarter offset.
  ScanGeometry g = small_scan(2, 960);
  g.column_offset = 0.0;
  const double still = folded(g), flying = folded(flown(g, Flight::in_plane));
  CAPTURE(still, flying);
  CHECK(flying < 0.5 * still);
}

TEST_CASE("z flying focal spot: windmills beside bone fade", "[full]") {
  const ScanGeometry g = helix(1.0, 4.0, 16, 720);
  const double still = windmills(g), flying = windmills(flown(g, Flight::z));
  CAPTURE(still, flying);
  CHECK(flying < 0.65 * still);
}

TEST_CASE("flying focal spot: the tiled back projection agrees with the voxel-by-voxel one",
          "[full]") {
  std::vector<Part> parts{{cylinder({0, 0, 0}, 80), mu_70kev}};
  for (int i = 0; i < 12; ++i)
    parts.push_back(
        {ball(Vec3(60 * math::cos(i * 0.9), 50 * math::sin(i * 1.3), 2.0 * i - 12), 9), 0.01});
  const Rebinned scan =
      rebin(project(flown(helix(0.9, 14.0, 16, 240), Flight::both), parts), isa());
  const Grid grid = box(160, 100, Vec3(4, -6, 0), 20, 1.4);
  const Image image = reconstruct(scan, *kernel(Value("soft")), grid, 1.25, water_scale, isa());
  CHECK(tiled_against_exact(scan, image, "soft", 1.25, 200) < 2e-3);
}

TEST_CASE("focal spots whose rays do not interleave are refused") {
  ScanGeometry g = small_scan();
  fly(g, {{-0.05, 0, 0}, {0.05, 0, 0}});
  CHECK_THROWS_WITH(Rebinned(g), Catch::Contains("columns apart at the isocentre"));
  g.focal_shifts[7].across = 0.3;
  CHECK_THROWS_WITH(Rebinned(g), Catch::Contains("does not come back"));
  ScanGeometry odd = small_scan(16, 361);
  CHECK_THROWS_WITH(Rebinned(flown(odd, Flight::z)), Catch::Contains("no multiple"));
  ScanGeometry flat = small_scan();
  flat.shape = DetectorShape::flat;
  CHECK_THROWS_WITH(Rebinned(flown(flat, Flight::z)), Catch::Contains("flat detector"));
}

#include <catch2/catch.hpp>
#include <numbers>

#include "fixture.hpp"
#include "vitrine/core/units.hpp"

// A tilted gantry at several positions of the table: turns, and helices, whose axes differ.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

ScanGeometry tilted(ScanGeometry g, double degrees) {
  g.tilt = degrees * units::deg;
  return g;
}

/// Slices parallel to the gantry's plane about a point of the patient.
Grid slices(const ScanGeometry& g, double field_of_view, Index matrix, const Vec3& centre,
            Index count, double increment) {
  return image_grid({field_of_view, matrix, centre, count, increment}, g.gantry_axes());
}

std::vector<double> stations(int count, double step) {
  std::vector<double> at;
  for (int i = 0; i < count; ++i) at.push_back((i - 0.5 * (count - 1)) * step);
  return at;
}

}  // namespace

TEST_CASE("tilted gantry: balls lie where they are after several turns and in a helix", "[full]") {
  for (const ScanGeometry& g :
       {tilted(small_scan(24, 360, stations(5, 9.0)), 20), tilted(helix(0.8, 26.0, 16, 360), -15)})
    for (const Vec3& centre : {Vec3(20, -30, 2), Vec3(-45, 25, -2)}) {
      const Rebinned scan = rebin(project(g, {{ball(centre, 6), mu_70kev}}), isa());
      REQUIRE(scan.is_askew());
      const Grid grid = slices(g, 30, 48, centre, 31, 0.625);
      const Image image =
          reconstruct(scan, *kernel(Value("standard")), grid, 0.625, water_scale, isa());
      CAPTURE(g.tilt, scan.is_helical(), centre.x());
      CHECK(std::abs(roi_mean(image, centre, 4)) < 8.0);
      const Weighed seen = weigh(image, centre, 9.0);
      CHECK((seen.centre - centre).norm() < 0.05);
      CHECK(seen.mass / 1000.0 * grid.voxel_volume() ==
            Approx(4.0 / 3.0 * std::numbers::pi * 216.0).epsilon(0.02));
    }
}

TEST_CASE("tilted gantry: water is flat and 0 HU where axes differ", "[full]") {
  const Vec3 middle(8, -6, 0);
  for (const ScanGeometry& g :
       {tilted(small_scan(24, 480, stations(5, 9.0)), 25), tilted(helix(0.8, 22.0, 16, 480), 25)}) {
    const Rebinned scan = rebin(project(g, {{cylinder(middle, 62), mu_70kev}}), isa());
    const Grid grid = slices(g, 170, 128, Vec3::Zero(), 9, 4.0);
    const Image image =
        reconstruct(scan, *kernel(Value("standard")), grid, 0.625, water_scale, isa());
    for (const double z : {-16.0, -8.0, 0.0, 8.0, 16.0})
      for (const Vec3& offset :
           {Vec3(0, 0, 0), Vec3(40, 0, 0), Vec3(-40, 0, 0), Vec3(0, 40, 0), Vec3(0, -40, 0)}) {
        const Vec3 at = middle + g.gantry_axes() * (offset + Vec3(0, 0, z));
        CAPTURE(scan.is_helical(), z, offset.x(), offset.y());
        CHECK(std::abs(roi_mean(image, at, 7)) < 1.5);
      }
  }
}

TEST_CASE("tilted gantry: an upright helix and one that hardly leans make the same image") {
  const ScanGeometry g = helix(0.9, 6.0, 8, 180);
  const std::vector<Part> parts{{cylinder({5, 0, 0}, 50), mu_70kev}, {ball({20, 10, 2}, 8), 0.01}};
  const auto image = [&](double degrees) {
    const ScanGeometry leaning = tilted(g, degrees);
    return reconstruct(rebin(project(leaning, parts), isa()), *kernel(Value("soft")),
                       slices(leaning, 120, 60, Vec3::Zero(), 9, 1.0), 1.0, water_scale, isa());
  };
  const Image upright = image(0.0), leaning = image(1e-4);
  for (std::size_t i = 0; i < upright.values().size(); ++i)
    REQUIRE(std::abs(upright.values()[i] - leaning.values()[i]) < 0.1f);
}

#include <algorithm>
#include <catch2/catch.hpp>

#include "fixture.hpp"

using namespace vitrine;
using namespace vitrine::recon;

namespace {

/// Standard deviation at the axis of a 2.5 mm slice, when every ray has noise of this variance.
double noise(const ScanGeometry& g, double variance) {
  LineIntegrals rays(g);
  const Stream stream = make_stream(1, "white noise", Draw::test);
  for (Index v = 0; v < g.views(); ++v) {
    Rng rng(stream, std::uint64_t(v));
    for (float& ray : rays.view(v)) ray = float(std::sqrt(variance) * rng.normal());
  }
  const Image image =
      reconstruct(rebin(rays, isa()), *kernel(Value("soft")), box(40, 64, Vec3::Zero(), 5, 0.9),
                  2.5, HounsfieldScale{1, 0}, isa());
  double squares = 0.0;
  for (const float hu : image.values()) squares += std::pow(double(hu) / 1000.0 + 1.0, 2);
  return std::sqrt(squares / double(image.values().size()));
}

}  // namespace

TEST_CASE("helical: no dose is lost: noise depends on mAs over pitch alone", "[full]") {
  // The same photons per length of the patient: a rotation has pitch times as many.
  // Within 5 % at any pitch, and within 10 % of a turn whose rays all count in full.
  const double axial = noise(small_scan(16), 1.0);
  double least = 1e9, most = 0.0;
  for (const double pitch : {0.5, 0.75, 1.0, 1.25, 1.5}) {
    const double now = noise(helix(pitch, 4.0), 1.0 / pitch) / axial;
    INFO("pitch " << pitch << ": " << now << " of an axial turn's noise");
    CHECK(now == Approx(1.0).epsilon(0.1));
    least = std::min(least, now);
    most = std::max(most, now);
  }
  CHECK(most / least < 1.05);
}

TEST_CASE("helical: a water disc is flat and 0 HU at any pitch") {
  const Vec3 centre(12, -8, 0);
  for (const double pitch : {0.5, 1.0, 1.5}) {
    const Rebinned scan =
        rebin(project(helix(pitch, 4.0), {{cylinder(centre, 65), mu_70kev}}), isa());
    REQUIRE(scan.is_helical());
    const Image image =
        reconstruct(scan, *kernel(Value("standard")), box(180, 128), 0.625, water_scale, isa());
    CAPTURE(pitch);
    for (const Vec3& offset :
         {Vec3(0, 0, 0), Vec3(45, 0, 0), Vec3(-45, 0, 0), Vec3(0, 45, 0), Vec3(0, -45, 0)})
      CHECK(std::abs(roi_mean(image, centre + offset, 8)) < 0.7);
  }
}

TEST_CASE("helical: the tiled back projection agrees with the voxel-by-voxel one") {
  std::vector<Part> parts{{cylinder({0, 0, 0}, 80), mu_70kev}};
  for (int i = 0; i < 12; ++i)
    parts.push_back(
        {ball(Vec3(60 * math::cos(i * 0.9), 50 * math::sin(i * 1.3), 2.0 * i - 12), 9), 0.01});
  const Rebinned scan = rebin(project(helix(0.9, 14.0, 16, 181), parts), isa());
  const Grid grid = box(160, 100, Vec3(4, -6, 0), 20, 1.4);
  const Image image = reconstruct(scan, *kernel(Value("soft")), grid, 1.25, water_scale, isa());
  CHECK(tiled_against_exact(scan, image, "soft", 1.25, 400) < 2e-3);
}

TEST_CASE("helical: a ball has its CT number, its place and its volume wherever it is", "[full]") {
  for (const double pitch : {0.6, 1.4})
    for (const Vec3& centre : {Vec3(25, -18, 2), Vec3(-55, 30, -9), Vec3(0, 70, 5)}) {
      const Rebinned scan =
          rebin(project(helix(pitch, 22.0), {{ball(centre, 6), mu_70kev}}), isa());
      const Grid grid = box(30, 48, centre, 31, 0.625);
      const Image image =
          reconstruct(scan, *kernel(Value("standard")), grid, 0.625, water_scale, isa());
      CAPTURE(pitch, centre.x());
      CHECK(std::abs(roi_mean(image, centre, 4)) < 8.0);
      const Weighed seen = weigh(image, centre, 9.0);
      CHECK((seen.centre - centre).norm() < 0.1);
      CHECK(seen.mass / 1000.0 * grid.voxel_volume() ==
            Approx(4.0 / 3.0 * std::numbers::pi * 216.0).epsilon(0.02));
    }
}

TEST_CASE("helical: the slice profile is as wide as the slice at any pitch", "[full]") {
  // +-10 % on the axis and +-15 % at 75 mm, from 1.5 rows of 0.625 mm up.
  for (const double thickness : {1.0, 1.25, 2.5, 5.0})
    for (const double pitch : {0.5, 1.0, 1.5}) {
      const auto at_pitch = [&](double reach) { return helix(pitch, reach); };
      const double middle = slice_width(at_pitch, thickness, 0.0);
      const double outside = slice_width(at_pitch, thickness, 75.0);
      INFO("thickness " << thickness << ", pitch " << pitch << ": " << middle << ", " << outside);
      CHECK(middle == Approx(thickness).epsilon(0.10));
      CHECK(outside == Approx(thickness).epsilon(0.15));
    }
}

TEST_CASE("helical: slices have the same bits whether or not others are made with them", "[full]") {
  // Of the lines of the upper half some rows are left out: none that the lower half is made of.
  // The outer slices of both ends are beyond the scan, and take the nearest rows.
  for (const auto& [pitch, thickness] : {std::pair(0.6, 0.625), std::pair(1.4, 1.875)}) {
    const Rebinned scan =
        rebin(project(helix(pitch, 30.0, 48), {{ball({20, -12, -14}, 30.0), mu_70kev}}), isa());
    Grid both = box(40, 64, {25, -15, 0}, 128, 0.625), lower = both;
    lower.size[2] = 64;
    const auto image = [&](const Grid& grid) {
      return reconstruct(scan, *kernel(Value("standard")), grid, thickness, water_scale, isa());
    };
    const Image whole = image(both), half = image(lower);
    CAPTURE(pitch);
    CHECK(std::equal(half.values().begin(), half.values().end(), whole.values().begin()));
  }
}

TEST_CASE("helices that cannot be reconstructed are refused") {
  ScanGeometry uneven = helix(1.0, 5.0);
  uneven.table_positions[40] += 0.01;
  CHECK_THROWS_WITH(Rebinned(uneven), Catch::Contains("does not move evenly, at view 40"));
}

#include <catch2/catch.hpp>

#include "fixture.hpp"

// Filtered back projection of the views themselves.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

ScanGeometry flat(ScanGeometry g) {
  g.shape = DetectorShape::flat;
  return g;
}

Image image_of(const LineIntegrals& data, const Grid& grid, Views views, const char* kind = "soft",
               double thickness = 0.625) {
  return reconstruct(rebin(data, isa(), views), *kernel(Value(kind)), grid, thickness, water_scale,
                     isa());
}

/// Mean over the discs of the Defrise phantom at height z, over a disc's own value.
double level(const Image& image, double z) {
  const Grid& grid = image.grid();
  const auto k = Index(std::lround((z - grid.origin.z()) / grid.spacing.z()));
  double sum = 0.0;
  int n = 0;
  for (Index j = 0; j < grid.size[1]; ++j)
    for (Index i = 0; i < grid.size[0]; ++i) {
      if (grid.centre(i, j, 0).head<2>().norm() > 20.0) continue;
      sum += double(image(i, j, k)) / 1000.0 + 1.0;
      ++n;
    }
  return sum / n;
}

}  // namespace

TEST_CASE("direct fan-beam back projection makes the rebinned image of water, within 1 HU") {
  ScanGeometry full = small_scan(1, 720);
  full.column_offset = 0.0;
  // Edges 4 mm wide: a sharp one has frequencies that no column samples.
  std::vector<Part> parts;
  for (int n = 0; n < 16; ++n) {
    const double inwards = -2.0 + 0.25 * (double(n) + 0.5);
    parts.push_back({cylinder({4, -3, 0}, 70.0 + inwards), mu_70kev / 16.0});
    parts.push_back({cylinder({30, 20, 0}, 12.0 + inwards), 0.1 * mu_70kev / 16.0});
  }
  for (const ScanGeometry& whole : {full, flat(full)})
    for (const ScanGeometry& g : {whole, first_part(whole, 210.0), first_part(whole, 300.0)}) {
      CAPTURE(g.views(), g.shape == DetectorShape::flat);
      const LineIntegrals data = project(g, parts);
      const Image rebinned = image_of(data, box(160, 160), Views::rebinned);
      const Image direct = image_of(data, box(160, 160), Views::direct);
      double most = 0.0;
      for (Index j = 0; j < 160; ++j)
        for (Index i = 0; i < 160; ++i) {
          const Vec3 p = direct.grid().centre(i, j, 0);
          if (std::abs((p - Vec3(4, -3, 0)).norm() - 70.0) < 5.0) continue;
          most = std::max(most, std::abs(double(direct(i, j, 0) - rebinned(i, j, 0))));
        }
      CHECK(most < 1.0);
      CHECK(std::abs(roi_mean(direct, {-20, -30, 0}, 15)) < 0.3);
      CHECK(roi_mean(direct, {30, 20, 0}, 6) == Approx(100.0).margin(0.5));
    }
}

TEST_CASE("balls in a cone lie where they are, from whole turns and from short ones", "[full]") {
  const std::vector<Vec3> balls{{20, 10, 3}, {-40, 5, 0}, {5, -50, -3}};
  std::vector<Part> parts;
  for (const Vec3& at : balls) parts.push_back({ball(at, 3.0), mu_70kev});
  const double mass = 4.0 / 3.0 * std::numbers::pi * 27.0 / (0.5 * 0.5 * 0.5) * 1000.0;
  const ScanGeometry full = small_scan(32, 720);
  for (const ScanGeometry& g : {full, flat(full), first_part(full, 240.0)}) {
    CAPTURE(g.views(), g.shape == DetectorShape::flat);
    const Image image =
        image_of(project(g, parts), box(120, 240, Vec3::Zero(), 28, 0.5), Views::direct);
    for (const Vec3& at : balls) {
      const Weighed found = weigh(image, at, 6.0);
      CHECK((found.centre - at).norm() < 0.06);
      CHECK(found.mass == Approx(mass).epsilon(0.02));
    }
  }
}

TEST_CASE("cone artefacts of Defrise discs grow with the cone angle and vanish in the mid-plane",
          "[full]") {
  // Discs of 5 mm every 10 mm: a circle of the source leaves what lies in planes at an angle to it
  // unmeasured, so that discs fade with their height.
  ScanGeometry g = flat(small_scan(192, 360));
  g.source_to_iso = 300.0;  // +-11.6 degrees
  g.source_to_detector = 526.0;
  g.column_angle = 1.0239 / 526.0;
  std::vector<Part> parts;
  for (int n = -5; n <= 5; ++n) parts.push_back({cylinder({0, 0, 10.0 * n}, 25.0, 2.5), mu_70kev});
  const Image image = image_of(project(g, parts), box(40, 20, Vec3::Zero(), 201, 0.5),
                               Views::direct, "smooth", 0.5);
  std::vector<double> contrast;
  for (const double z : {0.0, 20.0, 30.0, 40.0})
    contrast.push_back(level(image, z) - 0.5 * (level(image, z - 5.0) + level(image, z + 5.0)));
  CHECK(level(image, 0.0) == Approx(1.0).margin(0.01));
  for (std::size_t n = 1; n < contrast.size(); ++n) CHECK(contrast[n] < contrast[n - 1] - 0.01);
}

TEST_CASE("views that come in blocks are those of the whole scan") {
  const ScanGeometry g = first_part(small_scan(2, 90, {-1.0, 1.0}), 220.0);
  const LineIntegrals data = project(g, {{ball({10, 5, 0}, 8), mu_70kev}});
  Rebinner rebinner(g, 16, isa(), Views::direct);
  const Index cells = g.columns * g.rows;
  for (Index first = 0; first < g.views();) {
    const auto room = rebinner.room(std::min<Index>(7, g.views() - first));
    std::copy_n(data.values().data() + first * cells, room.size(), room.data());
    rebinner.take(Index(room.size()) / cells);
    first += Index(room.size()) / cells;
  }
  const Rebinned blocks = std::move(rebinner).finish(), whole = rebin(data, isa(), Views::direct);
  for (Index v = 0; v < g.views(); ++v) REQUIRE(std::ranges::equal(blocks.view(v), whole.view(v)));
}

TEST_CASE("a helix has no direct back projection") {
  CHECK_THROWS_WITH(Rebinned(helix(1.0, 5.0), Views::direct),
                    Catch::Contains("it is a helix") && Catch::Contains("algorithm: fbp"));
}

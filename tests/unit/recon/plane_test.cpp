#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "vitrine/recon/parallel_fbp.hpp"

// Slices made of one row of cells.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

std::vector<Part> discs() {
  return {{cylinder({4, -3, 0}, 70), mu_70kev},
          {cylinder({30, 20, 0}, 6), 0.3 * mu_70kev},
          {cylinder({-40, 35, 0}, 2), mu_70kev}};
}

/// Relative rms over every 13th pixel against the voxel-by-voxel path.
double against_points(const Rebinned& scan, const char* kind, const Grid& grid) {
  const Image image = reconstruct(scan, *kernel(Value(kind)), grid, 0.5, water_scale, isa());
  std::vector<Vec3> points;
  std::vector<double> fast;
  for (Index n = 0; n < grid.size[0] * grid.size[1]; n += 13) {
    const Index i = n % grid.size[0], j = n / grid.size[0];
    points.push_back(grid.centre(i, j, 0));
    fast.push_back(double(image(i, j, 0)));
  }
  const auto exact =
      reconstruct_points(scan, *kernel(Value(kind)), points, 0.5, water_scale, isa());
  double difference = 0.0, size = 0.0;
  for (std::size_t n = 0; n < exact.size(); ++n) {
    difference += (exact[n] - fast[n]) * (exact[n] - fast[n]);
    size += (exact[n] + 1000.0) * (exact[n] + 1000.0);
  }
  return std::sqrt(difference / size);
}

}  // namespace

TEST_CASE("a slice of one row is that of single points") {
  ScanGeometry flying = small_scan(1, 360);
  fly(flying, {{-0.33, 0.0, 0.0}, {0.33, 0.0, 0.0}});
  ScanGeometry flat = small_scan(1, 361);
  flat.shape = DetectorShape::flat;
  for (const ScanGeometry& g :
       {small_scan(1, 360), flying, flat, first_part(small_scan(1, 360), 240.0)}) {
    CAPTURE(g.views(), g.shape == DetectorShape::flat);
    const Rebinned scan = rebin(project(g, discs()), isa());
    CHECK(against_points(scan, "soft", box(180, 225)) < 1e-3);
    CHECK(against_points(scan, "sharp", box(100, 120, {10, 5, 0})) < 2e-3);
    Grid oblong = box(120, 80);
    oblong.size[1] = 61;
    CHECK(against_points(scan, "soft", oblong) < 1e-3);
  }
}

TEST_CASE("portable and v3 slices of one row agree", "[isa]") {
  if (best_isa() == Isa::portable) return;
  const LineIntegrals data = project(small_scan(1, 180), discs());
  const auto image = [&](Isa level) {
    return reconstruct(rebin(data, level), *kernel(Value("sharp")), box(120, 100), 0.5, water_scale,
                       level);
  };
  const Image a = image(Isa::portable), b = image(Isa::v3);
  for (std::size_t i = 0; i < a.values().size(); ++i)
    REQUIRE(std::abs(a.values()[i] - b.values()[i]) < 0.05f);
}

TEST_CASE("parallel views of water make 0 HU, and a rod lies where it is") {
  physics::ParallelGeometry rays;
  rays.columns = 400;
  rays.column_pitch = 0.5;
  for (int v = 0; v < 720; ++v)
    rays.view_angles.push_back(0.3 + std::numbers::pi * double(v) / 720.0);
  std::vector<float> lines;
  const auto chord = [](double t, double radius) {
    return 2.0 * std::sqrt(std::max(0.0, radius * radius - t * t));
  };
  for (const double b : rays.view_angles)
    for (Index c = 0; c < rays.columns; ++c) {
      const double t = (double(c) - 199.5) * 0.5;
      const double rod = t - 30.0 * std::cos(b) + 20.0 * std::sin(b);
      lines.push_back(float(mu_70kev * (chord(t, 80.0) + 0.5 * chord(rod, 5.0))));
    }
  const Image image =
      reconstruct(rays, lines, *kernel(Value("soft")), box(190, 190), water_scale, isa());
  for (const Vec3& at : {Vec3(0, 0, 0), Vec3(50, 20, 0), Vec3(-30, -50, 0), Vec3(0, 66, 0)})
    CHECK(std::abs(roi_mean(image, at, 8)) < 0.5);
  CHECK(roi_mean(image, {30, -20, 0}, 2.5) == Approx(500.0).margin(3.0));
  Vec3 moment = Vec3::Zero();
  double mass = 0.0;
  for (Index j = 0; j < 190; ++j)
    for (Index i = 0; i < 190; ++i) {
      const Vec3 p = image.grid().centre(i, j, 0);
      if ((p - Vec3(30, -20, 0)).norm() > 12.0) continue;
      mass += double(image(i, j, 0));
      moment += double(image(i, j, 0)) * p;
    }
  CHECK((moment / mass - Vec3(30, -20, 0)).norm() < 0.02);
  CHECK(image(0, 0, 0) == outside_field_of_view);
  rays.view_angles.pop_back();
  CHECK_THROWS_WITH(reconstruct(rays, std::span(lines).first(719 * 400), *kernel(Value("soft")),
                                box(190, 190), water_scale, isa()),
                    Catch::Contains("not reconstructed") && Catch::Contains("half a turn"));
}

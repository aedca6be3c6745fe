#include <algorithm>
#include <array>
#include <catch2/catch.hpp>

#include "fixture.hpp"
#include "vitrine/core/units.hpp"

// Scans of other geometries than the curved detector's.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

/// A panel that spans a fan of +-23 degrees.
ScanGeometry panel_scan(Index rows, Index views) {
  ScanGeometry g = small_scan(rows, views);
  g.shape = DetectorShape::flat;
  g.columns = 560;
  g.column_angle = 1.5 / g.source_to_detector;
  return g;
}

}  // namespace

TEST_CASE("water scanned by a flat panel is flat and 0 HU, and a rod lies where it is") {
  const Vec3 rod(110, 60, 0);
  const Rebinned scan = rebin(project(panel_scan(8, 360), {{cylinder({10, -5, 0}, 170), mu_70kev},
                                                           {cylinder(rod, 6), 0.2 * mu_70kev}}),
                              isa());
  const Image image =
      reconstruct(scan, *kernel(Value("soft")), box(400, 200), 0.625, water_scale, isa());
  for (const Vec3& at :
       {Vec3(10, -5, 0), Vec3(-130, -5, 0), Vec3(150, -5, 0), Vec3(10, 130, 0), Vec3(10, -150, 0)})
    CHECK(std::abs(roi_mean(image, at, 8)) < 1.0);
  CHECK(std::abs(roi_mean(image, {-190, 40, 0}, 5) + 1000.0) < 3.0);
  CHECK(roi_mean(image, rod, 3) == Approx(200.0).margin(3.0));
  Vec3 moment = Vec3::Zero();
  double mass = 0.0;
  const Grid& grid = image.grid();
  for (Index j = 0; j < 200; ++j)
    for (Index i = 0; i < 200; ++i) {
      const Vec3 p = grid.centre(i, j, 0);
      if ((p - rod).norm() > 12.0) continue;
      mass += double(image(i, j, 0));
      moment += double(image(i, j, 0)) * p;
    }
  CHECK((moment / mass - rod).norm() < 0.02);
}

TEST_CASE("an axis that is not where it is taken to be makes a wire double, twice as far apart") {
  // t = x cos + y sin - e at every angle: back projected, all lines touch the circle of radius e
  // about the wire. The brightest radius is e and a part of the blur's width, which does not depend
  // on e.
  const Vec3 wire(30, -12, 0);
  const auto brightest = [&](double e) {
    ScanGeometry g = small_scan(2, 720);
    g.axis_offset = e;
    const Image image =
        reconstruct(rebin(project(g, {{cylinder(wire, 0.3), 0.05}}), isa()),
                    *kernel(Value("standard")), box(20, 200, wire), 0.625, water_scale, isa());
    std::array<double, 90> sum{}, count{};  // by distance from the wire, 0.1 mm each
    for (Index j = 0; j < 200; ++j)
      for (Index i = 0; i < 200; ++i) {
        const auto bin =
            static_cast<std::size_t>((image.grid().centre(i, j, 0) - wire).norm() / 0.1);
        if (bin >= sum.size()) continue;
        sum[bin] += double(image(i, j, 0)) + 1000.0;
        count[bin] += 1.0;
      }
    double highest = 0.0, moment = 0.0, mass = 0.0;
    for (std::size_t r = 1; r < sum.size(); ++r) highest = std::max(highest, sum[r] /= count[r]);
    for (std::size_t r = 1; r < sum.size(); ++r)
      if (sum[r] > 0.5 * highest) {
        moment += sum[r] * (double(r) + 0.5) * 0.1;
        mass += sum[r];
      }
    CHECK(sum[5] < 0.3 * highest);  // nothing is left where the wire is
    return moment / mass;
  };
  const double near = brightest(2.5), far = brightest(-6.0);
  CHECK(near == Approx(2.5).margin(0.35));
  CHECK(far - near == Approx(3.5).margin(0.1));
}

TEST_CASE("a quarter of a column's offset keeps a fine pattern from folding over") {
  // Wires 0.65 mm apart under columns of 0.58 mm: beyond the limit of a ray and below that of it
  // and its conjugate, which interleave.
  const auto with_offset = [](double offset) {
    ScanGeometry g = small_scan(2, 720);
    g.column_offset = offset;
    return g;
  };
  const double with = folded(with_offset(0.25)), without = folded(with_offset(0.0));
  CAPTURE(with, without);
  CHECK(with < 0.7 * without);
}

TEST_CASE("slices of a tilted gantry show points of the patient where they are") {
  ScanGeometry g = small_scan(32, 360, {30.0});
  g.tilt = 25 * units::deg;
  const Mat3 axes = g.gantry_axes();
  const Vec3 iso(0, 0, 30), at = iso + axes * Vec3(25, -40, 1);
  // In the gantry's frame the patient is turned the other way.
  ScanGeometry upright = g;
  upright.tilt = 0.0;
  const Vec3 seen = axes.transpose() * (at - iso) + iso;
  const LineIntegrals measured = project(upright, {{ball(seen, 4), mu_70kev}});
  LineIntegrals data(g);
  std::ranges::copy(measured.values(), data.values().begin());
  Grid grid = box(120, 120, iso, 25, 0.5);
  grid.axes = axes;
  grid.origin = iso + axes * (grid.origin - iso);
  const Image image =
      reconstruct(rebin(data, isa()), *kernel(Value("standard")), grid, 0.625, water_scale, isa());
  CHECK(image.grid() == grid);
  CHECK(std::abs(roi_mean(image, at, 2)) < 5.0);
  CHECK((weigh(image, at, 6.0).centre - at).norm() < 0.1);
  grid.axes = Mat3::Identity();
  CHECK_THROWS_WITH(
      reconstruct(rebin(data, isa()), *kernel(Value("standard")), grid, 0.625, water_scale, isa()),
      Catch::Contains("gantry_axes"));
}

TEST_CASE("a ball off the plane and far off the axis is seen alike by flat and curved detectors") {
  // Where the fan angle is 17 degrees a flat row's tangent is 4 % less than a curved one's.
  const Vec3 centre(150, 20, 5);
  const auto image_by = [&](DetectorShape shape) {
    ScanGeometry g = panel_scan(32, 180);
    g.shape = shape;
    return reconstruct(rebin(project(g, {{ball(centre, 4), mu_70kev}}), isa()),
                       *kernel(Value("soft")), box(40, 80, centre, 24, 0.5), 0.625, water_scale,
                       isa());
  };
  const Image flat = image_by(DetectorShape::flat), curved = image_by(DetectorShape::curved);
  CHECK(roi_mean(flat, centre, 2) == Approx(roi_mean(curved, centre, 2)).margin(3.0));
  // Centre of gravity along z of what is there.
  const auto height = [&](const Image& image) {
    double mass = 0.0, moment = 0.0;
    for (Index k = 0; k < 24; ++k) {
      double slice = 0.0;
      for (Index j = 0; j < 80; ++j)
        for (Index i = 0; i < 80; ++i) slice += double(image(i, j, k)) + 1000.0;
      mass += slice;
      moment += slice * image.grid().centre(0, 0, k).z();
    }
    return moment / mass;
  };
  CHECK(height(flat) == Approx(height(curved)).margin(0.02));
  CHECK(height(flat) == Approx(5.0).margin(0.1));
}

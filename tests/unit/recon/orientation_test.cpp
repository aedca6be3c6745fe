#include <catch2/catch.hpp>
#include <numbers>

#include "iterative_fixture.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/recon/algorithm.hpp"
#include "vitrine/recon/orientation.hpp"
#include "vitrine/recon/reformat.hpp"

// Slices of any direction.

using namespace vitrine;
using namespace vitrine::recon;

namespace {

Mat3 axes(const Value& orientation, const Mat3& gantry = Mat3::Identity()) {
  Diagnostics problems;
  const auto pick = orientations().make(orientation, problems);
  problems.throw_if_any();
  return pick->axes(gantry);
}
Value oblique(const char* kind, double about_rows, double about_columns) {
  return Value()
      .set("kind", Value(kind))
      .set("about_rows_deg", Value(about_rows))
      .set("about_columns_deg", Value(about_columns));
}

/// A picture of a function of place, on whatever stack is asked for.
Image picture(const ScanGeometry& scan, const Grid& grid, double thickness,
              const std::function<double(const Vec3&)>& f) {
  return reformatted(scan, grid, thickness, [&](const SliceStack& stack) {
    Image image(stack.grid);
    const auto& size = stack.grid.size;
    for (Index k = 0; k < size[2]; ++k)
      for (Index j = 0; j < size[1]; ++j)
        for (Index i = 0; i < size[0]; ++i) image(i, j, k) = float(f(stack.grid.centre(i, j, k)));
    return image;
  });
}

}  // namespace

TEST_CASE("orientations: rows, columns and slices go where radiologists look from") {
  const Mat3 coronal = axes(Value("coronal")), sagittal = axes(Value("sagittal"));
  CHECK(axes(Value("axial")) == Mat3::Identity());
  CHECK(coronal.col(0) == Vec3::UnitX());
  CHECK(coronal.col(1) == -Vec3::UnitZ());
  CHECK(coronal.col(2) == Vec3::UnitY());
  CHECK(sagittal.col(0) == Vec3::UnitY());
  CHECK(sagittal.col(1) == -Vec3::UnitZ());
  CHECK(sagittal.col(2) == -Vec3::UnitX());
  // Quarter turns lead from one to the other.
  CHECK((axes(oblique("coronal", 90, 0)) - Mat3::Identity()).norm() < 1e-12);
  CHECK((axes(oblique("sagittal", 0, -90)) - coronal).norm() < 1e-12);
  const Mat3 tilted = axes(oblique("coronal", 30, 0));
  CHECK(tilted.col(1).dot(Vec3::UnitY()) == Approx(0.5));  // the lower edge goes backwards
  CHECK(axes(oblique("axial", 0, 20)).col(0).z() == Approx(std::sin(20 * units::deg)));
  for (const char* kind : {"axial", "coronal", "sagittal"}) {
    const Mat3 m = axes(oblique(kind, 25, -40));
    CHECK((m.transpose() * m - Mat3::Identity()).norm() < 1e-12);
    CHECK(m.determinant() == Approx(1.0));
  }
  ScanGeometry leaning = small_scan();
  leaning.tilt = 0.3;
  CHECK(axes(Value("axial"), leaning.gantry_axes()) == leaning.gantry_axes());
  CHECK(axes(Value("coronal"), leaning.gantry_axes()) == coronal);
}

TEST_CASE("reformatting: slices parallel to the gantry are made as they are ordered") {
  ScanGeometry scan = small_scan();
  for (const double tilt : {0.0, 0.2}) {
    scan.tilt = tilt;
    const Grid grid = image_grid({100, 50, {3, 4, 5}, 3, 2.0}, scan.gantry_axes());
    const SliceStack stack = stack_for(scan, grid, 2.5);
    CHECK(stack.grid == grid);
    CHECK(stack.thickness == 2.5);
  }
}

TEST_CASE("reformatting: parabolas come back, averaged over the slice") {
  // Cubic convolution is exact for them (Keys 1981). The mean over n sub-planes of spacing d adds
  // d^2 (n^2 - 1) / 12 of the second derivative's half along the normal.
  const auto f = [](const Vec3& p) {
    return 20.0 + 0.3 * p.x() - 0.2 * p.y() + 0.4 * p.z() + 0.01 * p.x() * p.y() -
           0.02 * p.y() * p.z() + 0.015 * p.z() * p.z() + 0.01 * p.x() * p.x();
  };
  Mat3 curvature;
  curvature << 0.02, 0.01, 0.0, 0.01, 0.0, -0.02, 0.0, -0.02, 0.03;
  ScanGeometry scan = small_scan();
  for (const double tilt : {0.0, 0.25})
    for (const auto& how :
         {oblique("coronal", 0, 0), oblique("sagittal", 0, 0), oblique("coronal", 20, 35)})
      for (const double thickness : {0.5, 4.0}) {
        scan.tilt = tilt;
        const Mat3 m = axes(how, scan.gantry_axes());
        const Grid grid = image_grid({30, 24, {2, -3, 1}, 5, 2.0}, m);
        const Image image = picture(scan, grid, thickness, f);
        REQUIRE(image.grid() == grid);
        const double n = std::ceil(thickness / 1.25), d = thickness / n;
        const double bend = m.col(2).dot(curvature * m.col(2)) * d * d * (n * n - 1.0) / 24.0;
        double worst = 0.0;
        for (Index k = 0; k < 5; ++k)
          for (Index j = 0; j < 24; ++j)
            for (Index i = 0; i < 24; ++i)
              worst = std::max(worst,
                               std::abs(double(image(i, j, k)) - f(grid.centre(i, j, k)) - bend));
        CAPTURE(tilt, thickness, m);
        CHECK(worst < 2e-5);
      }
}

TEST_CASE("reformatting: rows and columns that the gantry shares are not interpolated") {
  // A checkerboard of the pixels is what any interpolation would wash out.
  const Grid grid = image_grid({32, 32, Vec3::Zero(), 3, 4.0}, axes(Value("coronal")));
  const auto board = [](const Vec3& p) {
    return (Index(std::floor(p.x())) + Index(std::floor(p.z()))) % 2 == 0 ? 500.0 : -500.0;
  };
  const Image image = picture(small_scan(), grid, 3.0, board);
  for (Index k = 0; k < 3; ++k)
    for (Index j = 0; j < 32; ++j)
      for (Index i = 0; i < 32; ++i)
        REQUIRE(double(image(i, j, k)) == Approx(board(grid.centre(i, j, k))));
}

TEST_CASE("reformatting: what no view sees stays outside") {
  const ScanGeometry scan = small_scan();
  const double seen = scan.field_of_view_radius();
  const Grid grid = image_grid({2.4 * seen, 60, Vec3::Zero(), 1, 1.0}, axes(Value("coronal")));
  const Image image = picture(scan, grid, 1.0, [&](const Vec3& p) {
    return std::hypot(p.x(), p.y()) > seen ? double(outside_field_of_view) : 40.0;
  });
  for (Index i = 0; i < 60; ++i) {
    const double x = std::abs(grid.centre(i, 0, 0).x());
    if (x > seen + 3.0) CHECK(image(i, 30, 0) == outside_field_of_view);
    if (x < seen - 12.0) CHECK(image(i, 30, 0) == Approx(40.0f));
  }
}

TEST_CASE("orientation: balls lie where they are in slices of any direction", "[full]") {
  ScanGeometry leaning = small_scan(24, 360, {-18, -9, 0, 9, 18});
  leaning.tilt = 15 * units::deg;
  const Vec3 centre(24, -18, 1.5);
  for (const ScanGeometry& g : {helix(0.9, 24.0), leaning}) {
    const Rebinned scan = rebin(project(g, {{ball(centre, 6), mu_70kev}}), isa());
    for (const auto& how : {oblique("coronal", 0, 0), oblique("sagittal", 0, 0),
                            oblique("axial", 25, -15), oblique("coronal", 40, 10)}) {
      const Grid grid = image_grid({30, 48, centre, 41, 0.5}, axes(how, g.gantry_axes()));
      const Image image = reformatted(g, grid, 0.5, [&](const SliceStack& stack) {
        return reconstruct(scan, *kernel(Value("standard")), stack.grid, stack.thickness,
                           water_scale, isa());
      });
      CAPTURE(g.tilt, how.find("kind")->as<std::string>());
      CHECK(std::abs(roi_mean(image, centre, 4)) < 8.0);
      const Weighed seen = weigh(image, centre, 9.0);
      CHECK((seen.centre - centre).norm() < 0.05);
      CHECK(seen.mass / 1000.0 * grid.voxel_volume() ==
            Approx(4.0 / 3.0 * std::numbers::pi * 216.0).epsilon(0.02));
    }
  }
}

TEST_CASE("orientation: a slice is as thick along its normal as it was ordered", "[full]") {
  const ScanGeometry g = helix(0.9, 20.0);
  for (const auto& how : {oblique("coronal", 0, 0), oblique("sagittal", 20, 0)}) {
    // A disc in the slices' plane, one millimetre thick.
    const Mat3 m = axes(how);
    Solid disc = cylinder({10, 15, 0}, 8, 0.5);
    disc.axes = m;
    const Rebinned scan = rebin(project(g, {{disc, mu_70kev}}), isa());
    for (const double thickness : {3.0, 6.0}) {
      const Grid grid = image_grid({4, 8, disc.centre, 61, 0.25}, m);
      const Image image = reformatted(g, grid, thickness, [&](const SliceStack& stack) {
        return reconstruct(scan, *kernel(Value("standard")), stack.grid, stack.thickness,
                           water_scale, isa());
      });
      std::vector<double> profile;
      for (Index k = 0; k < 61; ++k) profile.push_back(double(image(4, 4, k)) + 1000.0);
      CAPTURE(how.find("kind")->as<std::string>(), thickness);
      CHECK(full_width(profile, 0.25) == Approx(thickness).epsilon(0.05));
    }
  }
}

TEST_CASE("orientation: every algorithm makes coronal slices", "[full]") {
  const ScanGeometry g = small_scan(16, 360);
  const TestScan scan = scan_of(project(g, {{cylinder({0, 0, 0}, 40), mu_70kev}}), quanta(g, 1e6));
  const Grid grid = image_grid({6, 8, {5, 5, 0}, 4, 2.0}, axes(Value("coronal")));
  for (const char* kind : {"fbp", "direct", "iterative"}) {
    Diagnostics problems;
    const auto algorithm = algorithms().make(Value(kind), problems);
    const auto soft = kernel(Value("soft"));
    const Image image = reformatted(g, grid, 2.0, [&](const SliceStack& stack) {
      return algorithm->reconstruct({scan.lines, &scan.measured},
                                    {*soft, stack.grid, stack.thickness, water_scale}, isa());
    });
    CAPTURE(kind);
    for (const float hu : image.values()) REQUIRE(std::abs(hu) < 6.0f);
    CHECK(std::abs(roi_mean(image, {5, 5, 0}, 3)) < 3.0);
  }
}

#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "unit/physics/compare.hpp"
#include "unit/physics/fixture.hpp"

// Where rays run in each of the scanner's geometries, and that both hot paths follow them.

using namespace vitrine;
using namespace vitrine::physics;

namespace {

Scanner flat_scanner() {
  Scanner s = test::scanner();
  s.detector.shape = "flat";
  return s;
}

/// A cone-beam scanner of 320 rows: 0.5 mm at the isocentre, half the cone 7.6 degrees.
Scanner wide_scanner(const char* shape) {
  Scanner s = test::scanner();
  s.detector.shape = shape;
  s.source_to_iso = 600;
  s.source_to_detector = 1072;
  s.columns = 203;  // not a multiple of 8
  s.column_pitch = 4.8;
  s.rows = 320;
  s.row_pitch = 0.8933;
  return s;
}

/// A patch large enough for the voxel kernel, with waves of many voxels that fade towards its rim.
Scene waves() {
  Scene scene;
  scene.materials = test::named({"water"});
  Patch patch;
  patch.grid.size = {90, 80, 100};
  patch.grid.spacing = {2.0, 2.2, 1.8};
  patch.grid.axes = Eigen::AngleAxisd(0.4, Vec3::UnitZ()).toRotationMatrix();
  patch.grid.origin = -patch.grid.axes * Vec3(90.0, 88.0, 90.0);
  Patch::Channel channel{0, {}};
  const auto fade = [](Index i, Index n) {
    return std::min(1.0, double(std::min(i, n - 1 - i)) / 8.0);
  };
  for (Index k = 0; k < 100; ++k)
    for (Index j = 0; j < 80; ++j)
      for (Index i = 0; i < 90; ++i) {
        const Vec3 p = patch.grid.centre(i, j, k);
        channel.density.push_back(
            float(1e-3 * fade(i, 90) * fade(j, 80) * fade(k, 100) *
                  (1.0 + 0.5 * std::sin(0.15 * p.x()) * std::cos(0.13 * p.y()) *
                             std::sin(0.17 * p.z()))));
      }
  patch.channels.push_back(std::move(channel));
  scene.patches.push_back(std::move(patch));
  return scene;
}

/// Errors of the voxel path over the largest integral of the scene.
test::Difference compare_voxels(const Scene& scene, const ScanGeometry& geometry, const Beam& beam,
                                int rays_per_view) {
  test::Difference d =
      test::compare(scene, geometry, beam, {}, test::levels().back(), rays_per_view, 0.25);
  constexpr double largest = 200.0;  // mm of water through the patch
  return {d.rms / largest, d.max / largest};
}

}  // namespace

TEST_CASE("a ray ends in the centre of its cell, on the cylinder or on the plane") {
  const Scanner curved = test::scanner(), flat = flat_scanner();
  for (const Scanner& s : {curved, flat}) {
    const ScanGeometry g = test::geometry(s, 3);
    for (const double column : {0.0, 100.0, 444.75, 887.0})
      for (const double row : {0.0, 31.5, 63.0}) {
        const Ray ray = ray_of(g, 1, column, row);
        const double angle = g.view_angles[1];
        const Vec3 u(std::cos(angle), std::sin(angle), 0), n(-std::sin(angle), std::cos(angle), 0);
        CHECK((ray.origin - (-541.0 * n + Vec3(0, 0, 3))).norm() < 1e-9);
        const double from_middle = (column - 443.5 - 1.25) * s.column_pitch;
        const double up = (row - 31.5) * s.row_pitch;
        const double a = from_middle / s.source_to_detector;
        const bool plane = s.detector.shape == "flat";
        const double sdd = s.source_to_detector;
        const Vec3 cell = ray.origin + (plane ? from_middle : sdd * std::sin(a)) * u +
                          (plane ? sdd : sdd * std::cos(a)) * n + Vec3(0, 0, up);
        CHECK((cell - ray.origin).normalized().cross(ray.direction.normalized()).norm() < 1e-12);
        CHECK(ray.direction.head<2>().norm() == Approx(1.0).epsilon(1e-14));
      }
    CHECK(g.column_at(g.fan_angle(17.25)) == Approx(17.25).epsilon(1e-12));
  }
}

TEST_CASE("the hot path equals double precision on 1e5 rays of flat and wide detectors", "[full]") {
  const Scene scene = test::body(6, 8);
  const Offset offset{0.21, -0.2, 0.2, -0.15};
  for (const Scanner& s : {flat_scanner(), wide_scanner("curved"), wide_scanner("flat")})
    for (const Isa isa : test::levels()) {
      const Beam beam(s, 120.0, scene.materials);
      const auto d = test::compare(scene, test::geometry(s, 10), beam, offset, isa, 10000);
      CAPTURE(s.detector.shape, s.rows, to_string(isa), d.rms, d.max);
      CHECK(d.rms < 2e-5);
      CHECK(d.max < 2e-3);  // a box's face, grazed
    }
}

TEST_CASE("rays of flat and of wide detectors find every kind of solid") {
  const Scene scene = test::body(6, 8);
  for (const Scanner& s : {flat_scanner(), wide_scanner("curved"), wide_scanner("flat")}) {
    const Beam beam(s, 120.0, scene.materials);
    const auto d = test::compare(scene, test::geometry(s, 3), beam, {0.21, -0.2, 0.2, -0.15},
                                 test::levels().back(), 2000);
    CAPTURE(s.detector.shape, s.rows, d.rms, d.max);
    CHECK(d.rms < 2e-5);
    CHECK(d.max < 1e-3);
  }
}

TEST_CASE("voxel maps have the same integrals on flat and wide detectors") {
  const Scene scene = waves();
  for (const Scanner& s : {wide_scanner("curved"), wide_scanner("flat")}) {
    const Beam beam(s, 120.0, scene.materials);
    const auto d = compare_voxels(scene, test::geometry(s, 3, 0.0), beam, 500);
    CAPTURE(s.detector.shape, d.rms, d.max);
    CHECK(d.rms < 1e-3);
    CHECK(d.max < 5e-3);
  }
}

TEST_CASE("a deflected focal spot sends its rays to the same cells, in both hot paths") {
  const FocalShift shifts[] = {{-0.4, 2.6, -0.35}, {0.4, -2.6, 0.35}, {0.7, 0.0, 0.0}};
  const Scene solids = test::body(6, 8), voxels = waves();
  for (const Scanner& s : {test::scanner(), wide_scanner("curved"), wide_scanner("flat")}) {
    const ScanGeometry still = test::geometry(s, 3, 0.0);
    ScanGeometry flying = still;
    flying.focal_shifts.assign(shifts, shifts + 3);
    for (Index v = 0; v < 3; ++v) {
      const double angle = still.view_angles[std::size_t(v)];
      const Vec3 u(std::cos(angle), std::sin(angle), 0), n(-std::sin(angle), std::cos(angle), 0);
      const Ray a = ray_of(still, v, 40.25, 3.5), b = ray_of(flying, v, 40.25, 3.5);
      const FocalShift& d = shifts[v];
      CHECK((b.origin - a.origin - d.across * u - d.along * n - d.z * Vec3::UnitZ()).norm() < 1e-9);
      const Vec3 cell = a.origin + a.direction * s.source_to_detector / still.row_scale(40.25);
      CHECK((cell - b.origin).normalized().cross(b.direction.normalized()).norm() < 1e-12);
    }
    const Beam beam(s, 120.0, solids.materials);
    const auto d =
        test::compare(solids, flying, beam, {0.21, -0.2, 0.2, -0.15}, test::levels().back(), 2000);
    CAPTURE(s.detector.shape, s.rows, d.rms, d.max);
    CHECK(d.rms < 2e-5);
    CHECK(d.max < 2e-3);
    if (s.rows < 320) continue;
    const Beam water(s, 120.0, voxels.materials);
    const auto map = compare_voxels(voxels, flying, water, 300);
    CAPTURE(map.rms, map.max);
    CHECK(map.rms < 1e-3);
    CHECK(map.max < 5e-3);
  }
}

TEST_CASE("the places of a flying focal spot follow the anode's slope, and alternate") {
  Scanner s = test::scanner();
  s.flying_focal_spot = FlyingFocalSpot{1.0, 0.6, {}};
  CHECK(focal_positions(s, false, false) == std::vector<FocalShift>{{}});
  CHECK(focal_positions(s, true, false) == std::vector<FocalShift>{{-0.5, 0, 0}, {0.5, 0, 0}});
  const auto both = focal_positions(s, true, true);
  REQUIRE(both.size() == 4);
  for (const FocalShift& p : both)
    CHECK(p.along == Approx(-p.z / std::tan(7 * units::deg)).epsilon(1e-12));
  ScanGeometry g = test::geometry(s, 6);
  fly(g, both);
  REQUIRE(std::ssize(g.focal_shifts) == 6);
  CHECK(g.focal_shift(5) == both[1]);
}

TEST_CASE("a tilted gantry sees what an upright one sees of the patient tilted the other way") {
  const Scene scene = test::body(6, 8);
  const Beam beam(test::scanner(), 120.0, scene.materials);
  for (const double degrees : {-30.0, 12.0, 30.0}) {
    ScanGeometry g = test::geometry(test::scanner(), 3, 25.0);
    g.tilt = degrees * units::deg;
    // About the isocentre, (0, 0, 25) in every view.
    const Mat3 back = Eigen::AngleAxisd(-g.tilt, Vec3::UnitX()).toRotationMatrix();
    const Vec3 iso(0, 0, 25);
    const Scene other = moved(scene, {back, iso - back * iso});
    ScanGeometry upright = g;
    upright.tilt = 0.0;
    for (Index v = 0; v < 3; ++v) {
      const Ray ray = ray_of(g, v, 333.25, 12.0), plain = ray_of(upright, v, 333.25, 12.0);
      CHECK((back * (ray.origin - iso) + iso - plain.origin).norm() < 1e-9);
      CHECK((back * ray.direction - plain.direction).norm() < 1e-12);
      const auto a = basis_integrals(scene, g, beam, v, {}, test::levels().back());
      const auto b = basis_integrals(other, upright, beam, v, {}, test::levels().back());
      double worst = 0.0;
      for (std::size_t i = 0; i < a.size(); ++i)
        worst = std::max(worst, std::abs(double(a[i]) - double(b[i])));
      CHECK(worst < 2e-5 * double(*std::max_element(a.begin(), a.end())));
    }
    const auto d =
        test::compare(scene, g, beam, {0.21, -0.2, 0.2, -0.15}, test::levels().back(), 1500);
    CAPTURE(degrees, d.rms, d.max);
    CHECK(d.rms < 2e-5);
    CHECK(d.max < 2e-3);
  }
}

TEST_CASE("a tilted gantry follows a table that moves along the patient, in both hot paths") {
  const Scene voxels = waves(), solids = test::body(6, 8);
  Scanner s = wide_scanner("curved");
  s.rows = 64;
  const Beam water(s, 120.0, voxels.materials), beam(s, 120.0, solids.materials);
  ScanGeometry g = test::geometry(s, 3, 0.0);
  g.tilt = -20 * units::deg;
  g.table_positions = {-30.0, 10.0, 45.0};
  const auto d = test::compare(solids, g, beam, {}, test::levels().back(), 1500);
  CAPTURE(d.rms, d.max);
  CHECK(d.rms < 2e-5);
  CHECK(d.max < 2e-3);
  const auto map = compare_voxels(voxels, g, water, 300);  // resampled: as a patient who lies askew
  CAPTURE(map.rms, map.max);
  CHECK(map.rms < 1.5e-3);
  CHECK(map.max < 1e-2);
}

TEST_CASE("a reading while the gantry turns is the mean of the intensities on its way") {
  Scanner s = test::scanner();
  s.columns = 120;
  s.rows = 8;
  s.column_pitch = 7.0;
  const Scene scene = test::body(5, 5);
  const Beam beam(s, 120.0, scene.materials);
  ScanGeometry g = test::geometry(s, 20);
  g.views_per_rotation = 20;
  for (std::size_t v = 0; v < 20; ++v) g.table_positions[v] = 0.2 * double(v);  // a table in motion
  constexpr int parts = 4;
  ScanGeometry fine = test::geometry(s, 20 * parts);
  for (std::size_t v = 0; v < fine.view_angles.size(); ++v) {
    const double at = (double(v) + 0.5) / parts - 0.5;
    fine.view_angles[v] = 0.13 + 2.0 * std::numbers::pi * at / 20.0;
    fine.table_positions[v] = 0.2 * at;
  }
  const Isa isa = test::levels().back();
  const Exposure blurred = expose(scene, g, beam, {2, 1, parts}, isa);
  const Exposure all = expose(scene, fine, beam, {2, 1}, isa);
  double worst = 0.0, worst_worth = 0.0;
  for (Index v = 0; v < 20; ++v)
    for (std::size_t i = 0; i < blurred.signal.view(v).size(); ++i) {
      double mean = 0.0, variance = 0.0;
      for (Index p = 0; p < parts; ++p) {
        const double signal = double(all.signal.view(parts * v + p)[i]);
        mean += signal / parts;
        variance += signal * signal / double(all.quanta.view(parts * v + p)[i]) / parts;
      }
      worst = std::max(worst, std::abs(double(blurred.signal.view(v)[i]) / mean - 1.0));
      worst_worth =
          std::max(worst_worth,
                   std::abs(double(blurred.quanta.view(v)[i]) * variance / (mean * mean) - 1.0));
    }
  CHECK(worst < 1e-5);
  CHECK(worst_worth < 1e-5);
  CHECK(test::same_bits(expose(scene, g, beam, {2, 1, 1}, isa).signal.values(),
                        expose(scene, g, beam, {2, 1}, isa).signal.values()));
  CHECK_THROWS_WITH(expose(scene, g, beam, {2, 1, 17}, isa), Catch::Contains("within 1 and 16"));
}

TEST_CASE("a displaced axis moves every ray of a view across by as much") {
  ScanGeometry g = test::geometry(test::scanner(), 3);
  const Ray before = ray_of(g, 1, 70.0, 9.0);
  g.axis_offset = 1.5;
  const Ray after = ray_of(g, 1, 70.0, 9.0);
  const double angle = g.view_angles[1];
  CHECK((after.direction - before.direction).norm() == 0.0);
  CHECK((after.origin - before.origin - 1.5 * Vec3(std::cos(angle), std::sin(angle), 0)).norm() <
        1e-9);
  const Scene scene = test::body(4, 4);
  const Beam beam(test::scanner(), 120.0, scene.materials);
  CHECK(test::compare(scene, g, beam, {}, test::levels().back(), 1000).max < 3e-4);
}

TEST_CASE("a flat panel's cells receive photons by the cube of the cosine, and read as relative") {
  const Scanner s = wide_scanner("flat");
  const Beam beam(s, 120.0, test::named({"water"}));
  const ScanGeometry g = test::geometry(s, 1);
  test::SceneBuilder empty({"water"});
  const Exposure e = expose(empty.scene, g, beam, {1, 1}, test::levels().back());
  for (const Index c : {0, 60, 101, 202})
    for (const Index r : {0, 100, 319}) {
      const Vec3 d = ray_of(g, 0, double(c), double(r)).direction.normalized();
      const double angle = g.view_angles[0];
      const double cosine = d.dot(Vec3(-std::sin(angle), std::cos(angle), 0.0));
      CHECK(g.photon_share(double(c), double(r)) == Approx(std::pow(cosine, 3)).epsilon(1e-12));
      const auto at = std::size_t(c * g.rows + r);
      CHECK(e.signal.view(0)[at] == 1.0f);
      CHECK(double(e.quanta.view(0)[at]) ==
            Approx(beam.air_quanta(c) * std::pow(cosine, 3)).epsilon(1e-6));
    }
}

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "unit/physics/compare.hpp"
#include "unit/physics/fixture.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/physics/detail/kernels.hpp"
#include "vitrine/physics/projector.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

using test::compare;
using test::Difference;
using test::levels;
using test::same_bits;

}  // namespace

TEST_CASE(
    "the hot path equals double precision intersections within 2e-5 mm rms, 3e-4 mm at most") {
  const Scanner scanner = test::scanner();
  const Scene scene = test::body(40, 60);
  const Beam beam(scanner, 120.0, scene.materials);
  for (const Isa isa : levels()) {
    const Difference d =
        compare(scene, test::geometry(scanner, 5), beam, {0.21, -0.2, 0.2, -0.15}, isa, 2000);
    CAPTURE(to_string(isa), d.rms, d.max);
    CHECK(d.rms < 2e-5);
    CHECK(d.max < 3e-4);
  }
}

TEST_CASE("every kind of solid, cut or not, in any pose and at the detector's rim, is exact") {
  Scanner scanner = test::scanner();
  scanner.columns = 203;  // not a multiple of 8
  scanner.rows = 13;
  scanner.column_pitch = 4.4;
  scanner.row_pitch = 5.3;
  const ScanGeometry geometry = test::geometry(scanner, 3, -4.0);
  const auto materials = test::named({"water"});
  const Beam beam(scanner, 100.0, materials);
  Rng rng(Stream{7, Draw::test}, 0);
  for (int kind = 0; kind < 4; ++kind)
    for (int round = 0; round < 6; ++round) {
      test::SceneBuilder b({"water"});
      const Vec3 centre(rng.uniform(-220, 220), rng.uniform(-100, 100), rng.uniform(-30, 30));
      const Vec3 half(rng.uniform(4, 30), rng.uniform(4, 30), rng.uniform(4, 90));
      const auto s = b.add(Solid::Kind(kind), centre, half, test::random_axes(rng));
      if (round % 2) {
        const Vec3 normal = test::random_axes(rng).col(0);
        b.scene.solids[s].cuts.push_back({normal, normal.dot(centre) + 1.0});
      }
      b.term({s}, 0, 1e-3);
      const Difference d = compare(b.scene, geometry, beam, {}, levels().back(), 1500);
      CAPTURE(kind, round, d.rms, d.max);
      CHECK(d.rms < 2e-5);
      CHECK(d.max < 1e-3);
    }
}

TEST_CASE("a patch equals a fine sampling of its trilinear map") {
  const Scanner scanner = test::scanner();
  test::SceneBuilder b({"water", "muscle"});
  Rng rng(Stream{3, Draw::test}, 0);
  Patch patch;
  patch.grid.size = {20, 24, 17};
  patch.grid.spacing = {0.5, 0.6, 0.4};
  patch.grid.axes = test::random_axes(rng);
  patch.grid.origin = {30, -20, 2};
  // Smooth over three voxels, as textures are.
  for (std::uint32_t material = 0; material < 2; ++material) {
    Patch::Channel channel{material, {}};
    for (Index k = 0; k < 17; ++k)
      for (Index j = 0; j < 24; ++j)
        for (Index i = 0; i < 20; ++i)
          channel.density.push_back(
              float(1e-3 * (1.0 + std::sin(0.9 * double(i) + 0.3 * double(material)) *
                                      std::cos(0.7 * double(j)) * std::sin(1.1 * double(k)))));
    patch.channels.push_back(channel);
  }
  b.scene.patches.push_back(patch);
  const Beam beam(scanner, 120.0, b.scene.materials);
  ScanGeometry geometry = test::geometry(scanner, 3);
  const auto middle = [&](Index v) {
    const auto hot = basis_integrals(b.scene, geometry, beam, v, {}, levels().back());
    double worst = 0.0, largest = 0.0;
    for (Index c = 380; c < 520; c += 3)
      for (Index r = 0; r < 64; r += 5) {
        const auto masses = path_masses(b.scene, ray_of(geometry, v, double(c), double(r)), 0.05);
        double wanted = 0.0;
        for (std::size_t m = 0; m < 2; ++m)
          wanted += masses[m] * beam.coefficients(b.scene.materials[m])[0];
        const double got = double(hot[std::size_t(c * 64 + r) * beam.rank()]);
        worst = std::max(worst, std::abs(got - wanted));
        largest = std::max(largest, std::abs(wanted));
      }
    return worst / largest;
  };
  for (Index v = 0; v < 3; ++v) CHECK(middle(v) < 4e-3);  // half a voxel's steps over its sharp rim
}

TEST_CASE("a ray that meets nothing has signal exactly 1, and all of the beam's quanta") {
  const Scanner scanner = test::scanner();
  test::SceneBuilder b({"muscle"});
  b.term({b.add(Solid::Kind::ellipsoid, {0, 0, 3}, {40, 40, 4})}, 0, 1.05e-3);
  const Beam beam(scanner, 120.0, b.scene.materials);
  const Exposure e = expose(b.scene, test::geometry(scanner, 2), beam, {2, 2}, levels().back());
  CHECK(e.signal.view(1)[5] == 1.0f);
  CHECK(e.quanta.view(1)[5] == float(beam.air_quanta(0)));
  const std::size_t centre = 445 * 64 + 32, above = 445 * 64;
  CHECK(double(e.signal.view(0)[centre]) == Approx(beam.water_signal(445, 84.0)).epsilon(0.02));
  CHECK(e.signal.view(0)[above] == 1.0f);
  for (const float s : e.signal.values()) REQUIRE((s > 0.0f && s <= 1.0f));
}

TEST_CASE("the signal is the beam's model of the ray's masses, quanta too") {
  const Scanner scanner = test::scanner();
  const Scene scene = test::body(10, 10);
  const Beam beam(scanner, 120.0, scene.materials);
  ScanGeometry geometry = test::geometry(scanner, 2);
  for (const Isa isa : levels()) {
    const Exposure e = expose(scene, geometry, beam, {1, 1}, isa);
    const Offset centre = sub_rays({1, 1}, geometry, beam)[0];
    for (Index c = 3; c < 888; c += 29)
      for (Index r = 1; r < 64; r += 13) {
        const auto masses = path_masses(scene, ray_of(geometry, 1, double(c), double(r), centre));
        std::vector<Path> paths;
        for (std::size_t m = 0; m < masses.size(); ++m)
          paths.push_back({scene.materials[m].name, masses[m], 1.0});
        const auto at = std::size_t(c * 64 + r);
        CHECK(double(e.signal.view(1)[at]) == Approx(beam.transmission(c, paths)).epsilon(1e-5));
        CHECK(double(e.quanta.view(1)[at]) == Approx(beam.quanta(c, paths)).epsilon(3e-5));
      }
  }
}

TEST_CASE("intensities are averaged over sub-rays") {
  const Scanner scanner = test::scanner();
  test::SceneBuilder b({"muscle", "cortical_bone"});
  b.term({b.add(Solid::Kind::box, {0, 0, 0}, {20, 60, 60})}, 1, 1.92e-3);
  const Beam beam(scanner, 120.0, b.scene.materials);
  ScanGeometry geometry = test::geometry(scanner, 1);
  geometry.view_angles[0] = 0.0;
  const Sampling sampling{4, 2};
  const Exposure e = expose(b.scene, geometry, beam, sampling, levels().back());
  const auto offsets = sub_rays(sampling, geometry, beam);
  REQUIRE(offsets.size() == 8);
  for (Index c = 405; c < 485; ++c) {
    double signal = 0.0;
    for (const Offset& o : offsets) {
      const auto masses = path_masses(b.scene, ray_of(geometry, 0, double(c), 31.0, o));
      const Path bone{"cortical_bone", masses[1], 1.0};
      signal += beam.transmission(c, std::span(&bone, 1)) / 8.0;
    }
    CHECK(double(e.signal.view(0)[std::size_t(c * 64 + 31)]) == Approx(signal).epsilon(1e-5));
  }
}

TEST_CASE("sub-rays spread at the isocentre as a uniform cell and focal spot do") {
  const Scanner scanner = test::scanner();
  const auto materials = test::named({"water"});
  const Beam beam(scanner, 120.0, materials);
  const ScanGeometry g = test::geometry(scanner, 1);
  const double m = g.source_to_iso / g.source_to_detector;
  for (const Sampling s : {Sampling{2, 2}, Sampling{4, 3}, Sampling{1, 1}}) {
    double across = 0.0, z = 0.0;
    const auto offsets = sub_rays(s, g, beam);
    for (const Offset& o : offsets) {
      const double x = o.column * g.column_angle * g.source_to_iso + o.spot_across * (1 - m);
      const double y = o.row * g.row_pitch_at_iso() + o.spot_z * (1 - m);
      across += x * x / double(offsets.size());
      z += y * y / double(offsets.size());
    }
    const auto wanted = [&](double cell, double spot) {
      return (cell * cell + spot * spot * (1 - m) * (1 - m)) / 12;
    };
    const bool point = s.columns == 1;
    CHECK(across ==
          Approx(point ? 0.0 : wanted(g.column_angle * g.source_to_iso, 0.9)).margin(1e-12));
    CHECK(z == Approx(point ? 0.0 : wanted(g.row_pitch_at_iso(), 0.9)).margin(1e-12));
  }
}

TEST_CASE("the same bits come from one thread and from many") {
  const Scanner scanner = test::scanner();
  const Scene scene = test::body(10, 20);
  const Beam beam(scanner, 120.0, scene.materials);
  const ScanGeometry geometry = test::geometry(scanner, 20);
  const Exposure many = expose(scene, geometry, beam, {2, 2}, levels().back());
  std::vector<Exposure> one;
  // Inside another loop the projector runs on one thread.
  parallel_for(1, [&](std::int64_t) {
    one.push_back(expose(scene, geometry, beam, {2, 2}, levels().back()));
  });
  CHECK(same_bits(many.signal.values(), one[0].signal.values()));
  CHECK(same_bits(many.quanta.values(), one[0].quanta.values()));
  Exposure again{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
  expose_into(scene, beam, {2, 2}, levels().back(), again);
  CHECK(same_bits(many.signal.values(), again.signal.values()));
}

TEST_CASE("the instruction-set levels agree to 1e-5 of a line integral") {
  if (levels().size() < 2) return;
  const Scanner scanner = test::scanner();
  const Scene scene = test::body(10, 20);
  const Beam beam(scanner, 120.0, scene.materials);
  const ScanGeometry geometry = test::geometry(scanner, 3);
  const Exposure a = expose(scene, geometry, beam, {2, 2}, Isa::portable);
  const Exposure b = expose(scene, geometry, beam, {2, 2}, Isa::v3);
  double worst = 0.0;
  for (std::size_t i = 0; i < a.signal.values().size(); ++i)
    worst = std::max(
        worst, std::abs(std::log(double(a.signal.values()[i]) / double(b.signal.values()[i]))));
  CHECK(worst < 1e-5);
}

TEST_CASE("sixteen lanes at once give the bits of eight") {
  Scanner scanner = test::scanner();
  Scene scene = test::body(20, 40);
  // More intersections of one solid than are added at once, which few rows meet each.
  const auto first = std::uint32_t(scene.solids.size());
  constexpr std::uint32_t balls = 80;
  for (std::uint32_t i = 0; i <= balls; ++i) {
    Solid ball;
    ball.centre = i < balls ? Vec3(2.0 * double(i % 9) - 8.0, 3.0, 0.4 * double(i) - 16.0)
                            : Vec3(0.0, 0.0, 0.0);
    ball.half_axes = Vec3::Constant(i < balls ? 1.5 : 30.0);
    scene.solids.push_back(ball);
    if (i < balls) scene.terms.push_back({{first + i, first + balls}, {{0, 1e-4 * double(i)}}});
  }
  Patch patch;
  patch.grid.size = {9, 9, 9};
  patch.grid.spacing = {4.0, 4.0, 4.0};
  patch.grid.origin = {20, -40, -16};
  patch.channels.push_back({0, std::vector<float>(729, 1e-4f)});
  scene.patches.push_back(patch);
  for (const bool heel : {false, true})
    for (const Index rows : {64, 20}) {
      scanner.heel_effect = heel;
      scanner.rows = rows;
      const Beam beam(scanner, 120.0, scene.materials);
      const ScanGeometry geometry = test::geometry(scanner, 3);
      for (const Sampling& sampling : {Sampling{1, 1}, Sampling{2, 3}}) {
        physics::detail::most_lanes_at_once() = 8;
        const Exposure narrow = expose(scene, geometry, beam, sampling, levels().back());
        physics::detail::most_lanes_at_once() = 16;
        const Exposure wide = expose(scene, geometry, beam, sampling, levels().back());
        CAPTURE(heel, rows, sampling.rows);
        CHECK(same_bits(narrow.signal.values(), wide.signal.values()));
        CHECK(same_bits(narrow.quanta.values(), wide.quanta.values()));
      }
    }
}

TEST_CASE("every sub-ray meets what is in its way: a cell's signal is the mean of theirs") {
  Scanner scanner = test::scanner();
  scanner.columns = 40;  // eight columns are 10 degrees wide
  scanner.rows = 20;
  scanner.column_pitch = 20.0;
  scanner.row_pitch = 4.0;
  scanner.focal_spot_length = 8.0;
  scanner.bowtie.thickness.assign(8, 1.0);
  const ScanGeometry geometry = test::geometry(scanner, 4);
  test::SceneBuilder b({"water", "cortical_bone"});
  // Thin rods that point at the focal spot of some view, or nearly so, and some that do not.
  Rng rng(Stream{9, Draw::test}, 0);
  for (int i = 0; i < 60; ++i) {
    const double angle = geometry.view_angles[std::size_t(i % 4)];
    const Vec3 focus(541.0 * std::sin(angle), -541.0 * std::cos(angle), 3.0);
    const Vec3 centre(rng.uniform(-150, 150), rng.uniform(-150, 150), rng.uniform(-25, 25));
    Vec3 along =
        (centre - focus).normalized() + 0.02 * double(i % 3) * test::random_axes(rng).col(0);
    if (i % 5 == 0) along = Vec3(0.003 * rng.normal(), 0.003 * rng.normal(), 1.0);
    Mat3 axes;
    axes.col(2) = along.normalized();
    axes.col(0) = axes.col(2).cross(Vec3(0.31, 0.92, 0.24)).normalized();
    axes.col(1) = axes.col(2).cross(axes.col(0));
    b.term({b.add(Solid::Kind::capsule, centre, {1.5, 1.5, rng.uniform(5, 40)}, axes)}, 1, 1.9e-3);
  }
  const Beam beam(scanner, 120.0, b.scene.materials);
  const Sampling sampling{2, 3};
  const auto offsets = sub_rays(sampling, geometry, beam);
  const Exposure exposure = expose(b.scene, geometry, beam, sampling, levels().back());
  double worst = 0.0;
  for (Index v = 0; v < geometry.views(); ++v)
    for (Index c = 0; c < geometry.columns; ++c)
      for (Index r = 0; r < geometry.rows; ++r) {
        double mean = 0.0;
        for (const Offset& offset : offsets) {
          const Ray ray = ray_of(geometry, v, double(c), double(r), offset);
          const double mass = path_masses(b.scene, ray)[1];
          const Path path{"cortical_bone", mass / 1.9e-3, 1.9e-3};
          mean += beam.transmission(c, std::span(&path, 1)) / double(offsets.size());
        }
        const float signal = exposure.signal.view(v)[std::size_t(c * geometry.rows + r)];
        worst = std::max(worst, std::abs(double(signal) - mean));
      }
  CHECK(worst < 2e-5);
}

TEST_CASE("a geometry of another scanner, or a term without a solid, is an error") {
  const Scanner scanner = test::scanner();
  Scene scene = test::body(1, 1);
  const Beam beam(scanner, 120.0, scene.materials);
  ScanGeometry geometry = test::geometry(scanner, 1);
  scene.terms.push_back({{9999}, {{0, 1.0}}});
  CHECK_THROWS_AS(expose(scene, geometry, beam, {1, 1}, Isa::portable), Error);
  scene.terms.pop_back();
  geometry.columns = 100;
  CHECK_THROWS_WITH(expose(scene, geometry, beam, {1, 1}, Isa::portable),
                    Catch::Contains("888 x 64"));
}

TEST_CASE("a patient who moves is seen in every view as at that view's time") {
  Scanner scanner = test::scanner();
  scanner.columns = 120;
  scanner.rows = 8;
  scanner.column_pitch = 6.0;
  ScanGeometry geometry = test::geometry(scanner, 50);
  geometry.view_times = axial_view_times(50, 1, 0.5, 0.0);
  const Scene still = test::body(3, 3);
  const auto moved_by = [&](double shift) {
    Pose pose;
    pose.translation.x() = shift;
    return moved(still, pose);
  };
  const Beam beam(scanner, 120.0, still.materials);
  const Sampling sampling{2, 1};
  const auto moving = [&](Index views_per_state, double speed) {
    Exposure out{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
    expose_moving([&](double time) { return moved_by(speed * time); }, views_per_state, beam,
                  sampling, levels().back(), out);
    return out;
  };
  const Exposure reference = expose(still, geometry, beam, sampling, levels().back());
  CHECK(same_bits(moving(7, 0.0).signal.values(), reference.signal.values()));
  CHECK(same_bits(moving(40, 0.0).quanta.values(), reference.quanta.values()));

  const Exposure view_by_view = moving(1, 20.0);
  for (const Index view : {0, 13, 49}) {
    const Exposure there = expose(moved_by(20.0 * geometry.view_times[std::size_t(view)]), geometry,
                                  beam, sampling, levels().back());
    CHECK(same_bits(view_by_view.signal.view(view), there.signal.view(view)));
  }
  geometry.view_times.clear();
  CHECK_THROWS_AS(moving(1, 1.0), Error);
}

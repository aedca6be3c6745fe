#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "unit/physics/fixture.hpp"
#include "vitrine/physics/detect.hpp"
#include "vitrine/physics/projector.hpp"

using namespace vitrine;
using namespace vitrine::physics;

namespace {

/// The 3D Shepp-Logan phantom (Kak and Slaney 1988), in its own units.
Scene shepp_logan() {
  struct E {
    Vec3 axes, centre;
    double degrees, density;
  };
  const E all[] = {{{.69, .90, .92}, {0, 0, 0}, 0, 2},
                   {{.6624, .880, .874}, {0, 0, 0}, 0, -.98},
                   {{.41, .21, .16}, {-.22, -.25, 0}, 108, -.02},
                   {{.31, .22, .11}, {.22, -.25, 0}, 72, -.02},
                   {{.21, .50, .25}, {0, -.25, .35}, 0, .02},
                   {{.046, .046, .046}, {0, -.25, .10}, 0, .02},
                   {{.046, .02, .023}, {-.08, -.25, -.65}, 0, .01},
                   {{.046, .02, .023}, {.06, -.25, -.65}, 90, .01},
                   {{.056, .1, .04}, {.06, .625, -.105}, 90, .02},
                   {{.056, .1, .056}, {0, .625, .1}, 0, -.02}};
  test::SceneBuilder b({"water"});
  for (const E& e : all) {
    const Mat3 turn = Eigen::AngleAxisd(e.degrees * units::deg, Vec3::UnitZ()).toRotationMatrix();
    b.term({b.add(Solid::Kind::ellipsoid, e.centre, e.axes, turn)}, 0, e.density);
  }
  return b.scene;
}

Isa level() { return best_isa(); }

}  // namespace

TEST_CASE("a chord of an ellipsoid is 2 sqrt(B^2 - A C) / A to 1e-10 of the diameter") {
  Rng rng(Stream{1, Draw::test}, 0);
  for (int i = 0; i < 500; ++i) {
    Solid solid;
    solid.centre = {rng.uniform(-9, 9), rng.uniform(-9, 9), rng.uniform(-9, 9)};
    solid.half_axes = {rng.uniform(1, 20), rng.uniform(1, 20), rng.uniform(1, 20)};
    solid.axes = test::random_axes(rng);
    const Vec3 origin(rng.uniform(-50, 50), -60, rng.uniform(-50, 50));
    const Vec3 direction = (solid.centre - origin + 5 * test::random_axes(rng).col(0)).normalized();
    const Vec3 q =
        (solid.axes.transpose() * (origin - solid.centre)).cwiseQuotient(solid.half_axes);
    const Vec3 v = (solid.axes.transpose() * direction).cwiseQuotient(solid.half_axes);
    const double a = v.dot(v), b = q.dot(v), c = q.dot(q) - 1.0, d = b * b - a * c;
    const double chord = d > 0.0 ? 2.0 * std::sqrt(d) / a : 0.0;
    CHECK(std::abs(intersect(solid, origin, direction).length() - chord) <
          1e-10 * 2.0 * solid.half_axes.maxCoeff());
  }
}

TEST_CASE("line integrals of the Shepp-Logan phantom through the origin are the published ones") {
  const Scene scene = shepp_logan();
  const auto along = [&](const Vec3& d) { return path_masses(scene, {-5.0 * d, d})[0]; };
  CHECK(along(Vec3::UnitX()) == Approx(1.449868612678).epsilon(1e-11));
  CHECK(along(Vec3::UnitY()) == Approx(1.866376989447).epsilon(1e-11));
  CHECK(along(Vec3::UnitZ()) == Approx(1.975620254038).epsilon(1e-11));
}

TEST_CASE("every parallel view integrates to the mass") {
  const Scene scene = shepp_logan();
  double mass = 0.0;
  for (const Term& term : scene.terms)
    mass += term.deltas[0].density * 4.0 / 3.0 * std::numbers::pi *
            scene.solids[term.solids[0]].half_axes.prod();
  CHECK(mass == Approx(2.695336670792).epsilon(1e-11));
  constexpr int n = 150;
  const double pitch = 2.0 / n;
  for (const double angle : {0.0, 0.7, 1.9}) {
    const Vec3 d(std::sin(angle), std::cos(angle), 0.0), u(std::cos(angle), -std::sin(angle), 0.0);
    double sum = 0.0;
    for (int i = 0; i < n; ++i)
      for (int j = 0; j < n; ++j) {
        const Vec3 at = (-1.0 + (i + 0.5) * pitch) * u + Vec3(0, 0, -1.0 + (j + 0.5) * pitch);
        sum += path_masses(scene, {at - 5.0 * d, d})[0] * pitch * pitch;
      }
    CHECK(sum == Approx(mass).epsilon(1e-3));
  }
}

TEST_CASE("a fan or a cone whose angle goes to 0 sees what parallel rays see, curved or flat") {
  // A ray through the same point of the isocentre's plane: the difference falls as 1 / distance.
  Scene scene = shepp_logan();
  for (Solid& solid : scene.solids) {
    solid.centre *= 100.0;
    solid.half_axes *= 100.0;
  }
  for (const DetectorShape shape : {DetectorShape::curved, DetectorShape::flat}) {
    const auto difference = [&](double distance) {
      ScanGeometry g = test::geometry(test::scanner(), 3, 0.0);
      g.shape = shape;
      g.source_to_iso = distance;
      g.source_to_detector = distance + 400.0;
      g.columns = 181;
      g.rows = 61;
      g.column_offset = 0.0;
      g.column_angle = 1.0 / distance;
      g.row_pitch = 3.0 * g.source_to_detector / distance;
      double square = 0.0;
      int count = 0;
      for (Index v = 0; v < 3; ++v)
        for (double c = 0.0; c < 181.0; c += 4.5)
          for (double r = 0.0; r < 61.0; r += 4.5) {
            const double angle = g.view_angles[std::size_t(v)], t = c - 90.0, z = 3.0 * (r - 30.0);
            const Vec3 u(std::cos(angle), std::sin(angle), 0),
                n(-std::sin(angle), std::cos(angle), 0);
            const double parallel = path_masses(scene, {t * u + Vec3(0, 0, z) - 500.0 * n, n})[0];
            const double seen = path_masses(scene, ray_of(g, v, c, r))[0];
            square += (seen - parallel) * (seen - parallel);
            ++count;
          }
      return std::sqrt(square / count);
    };
    const double near = difference(1e5), far = difference(1e6), farther = difference(1e7);
    CAPTURE(near, far, farther);
    CHECK(far < 0.2 * near);
    CHECK(farther < 0.2 * far);
    CHECK(farther < 1e-2);  // of 200 mm
  }
}

TEST_CASE("scaling the phantom and the geometry together scales the line integrals only") {
  const Scanner scanner = test::scanner();
  Scene scene = test::body(10, 0);
  const Beam beam(scanner, 120.0, scene.materials);
  ScanGeometry geometry = test::geometry(scanner, 1);
  const auto before = basis_integrals(scene, geometry, beam, 0, {}, level());
  for (Solid& solid : scene.solids) {
    solid.centre *= 2.0;
    solid.half_axes *= 2.0;
    for (auto& cut : solid.cuts) cut.offset *= 2.0;
  }
  geometry.source_to_iso *= 2.0;
  geometry.source_to_detector *= 2.0;
  geometry.row_pitch *= 2.0;
  geometry.table_positions[0] *= 2.0;
  const auto after = basis_integrals(scene, geometry, beam, 0, {}, level());
  double worst = 0.0, largest = 0.0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    worst = std::max(worst, std::abs(double(after[i]) - 2.0 * double(before[i])));
    largest = std::max(largest, std::abs(2.0 * double(before[i])));
  }
  CHECK(worst < 1e-5 * largest);
}

TEST_CASE("line integrals of a sum of scenes are the sum of theirs, and density scales them") {
  const Scanner scanner = test::scanner();
  Scene scene = test::body(8, 4);
  const Beam beam(scanner, 120.0, scene.materials);
  const ScanGeometry geometry = test::geometry(scanner, 1);
  const auto once = basis_integrals(scene, geometry, beam, 0, {}, level());
  const auto terms = scene.terms;
  scene.terms.insert(scene.terms.end(), terms.begin(), terms.end());
  const auto twice = basis_integrals(scene, geometry, beam, 0, {}, level());
  double largest = 0.0, worst = 0.0;
  for (std::size_t i = 0; i < once.size(); ++i) {
    worst = std::max(worst, std::abs(double(twice[i]) - 2.0 * double(once[i])));
    largest = std::max(largest, std::abs(double(twice[i])));
  }
  CHECK(worst < 3e-6 * largest);
}

TEST_CASE("solids that overlap count their mass once where a term says so") {
  // Union by inclusion and exclusion: two capsules end to end at an angle, along every ray.
  test::SceneBuilder b({"blood"});
  const auto first = b.add(Solid::Kind::capsule, {0, 0, 0}, {4, 4, 15});
  const auto second = b.add(Solid::Kind::capsule, {8, 3, 15}, {3, 3, 12},
                            Eigen::AngleAxisd(0.8, Vec3(0, 1, 0)).toRotationMatrix());
  b.term({first}, 0, 1.0);
  b.term({second}, 0, 1.0);
  b.term({first, second}, 0, -1.0);
  Rng rng(Stream{4, Draw::test}, 0);
  for (int i = 0; i < 300; ++i) {
    const Vec3 through(rng.uniform(-6, 14), rng.uniform(-6, 6), rng.uniform(-16, 25));
    const Vec3 d = test::random_axes(rng).col(0);
    const Interval a = intersect(b.scene.solids[first], through, d);
    const Interval c = intersect(b.scene.solids[second], through, d);
    double length = a.length() + c.length();
    if (!a.empty() && !c.empty())
      length -= std::max(0.0, std::min(a.leave, c.leave) - std::max(a.enter, c.enter));
    CHECK(path_masses(b.scene, {through, d})[0] == Approx(length).margin(1e-9));
    // Brute force: membership along the line.
    if (i % 10) continue;
    double inside = 0.0;
    constexpr int steps = 40000;
    for (int s = 0; s < steps; ++s) {
      const Vec3 p = through + (-50.0 + 100.0 * (s + 0.5) / steps) * d;
      inside += contains(b.scene.solids[first], p) || contains(b.scene.solids[second], p);
    }
    CHECK(inside * 100.0 / steps == Approx(length).margin(0.02));
  }
}

TEST_CASE(
    "averaging line integrals instead of intensities errs by the square of the ramp over 24") {
  Scanner scanner = test::scanner();
  scanner.focal_spot_width = scanner.focal_spot_length = 1e-6;
  const Beam beam(scanner, 120.0, test::named({"aluminium"}));
  // A wedge: a box cut so that its thickness grows with x.
  const auto error = [&](double slope) {
    test::SceneBuilder b({"aluminium"});
    const auto s = b.add(Solid::Kind::box, {0, 0, 0}, {30, 300, 30});
    const Vec3 normal = Vec3(-slope, 1, 0).normalized();
    b.scene.solids[s].cuts = {{normal, 0.0}, {Vec3(0, -1, 0), 0.5 * slope * 30}};
    b.term({s}, 0, 2.699e-3);
    ScanGeometry g = test::geometry(scanner, 1);
    g.view_angles[0] = 0.0;
    const auto one = expose(b.scene, g, beam, {1, 1}, level());
    const auto many = expose(b.scene, g, beam, {16, 1}, level());
    const auto p = [&](const Exposure& e, std::size_t column) {
      return -std::log(double(e.signal.view(0)[column * 64 + 32]));
    };
    const double ramp = 0.5 * std::abs(p(one, 446) - p(one, 444));
    return std::array<double, 2>{ramp, p(one, 445) - p(many, 445)};
  };
  // Published: 4e-4, 3.8e-3, 1.0e-2 and 4.1e-2 for ramps of 0.1, 0.3, 0.5 and 1.0 per cell.
  for (const double slope : {4.0, 12.0, 20.0}) {
    const auto [ramp, bias] = error(slope);
    CAPTURE(slope, ramp);
    CHECK(ramp > 0.05);
    CHECK(bias == Approx(ramp * ramp / 24.0).epsilon(0.2));
  }
}

TEST_CASE("the logarithm of Poisson counts is biased by 1/(2N) and varies by 1/N") {
  Scanner scanner = test::scanner();
  scanner.detector.electronic_noise = 0.0;
  const Beam beam(scanner, 120.0, {});
  const ScanGeometry geometry = test::geometry(scanner, 6);
  struct Row {
    double n, bias, variance;
  };
  for (const Row& row : {Row{20, .0262, .0543}, Row{100, .0050, .0102}}) {
    Exposure e{Sinogram<quantity::Signal>(geometry), Sinogram<quantity::Quanta>(geometry)};
    std::ranges::fill(e.signal.values(), 1.0f);
    std::ranges::fill(e.quanta.values(), float(row.n * 984.0));
    const auto reading = acquire(e, beam, 1.0, Stream{99, Draw::quantum}, level());
    double sum = 0.0, square = 0.0;
    for (const float s : reading.values()) {
      const double p = -std::log(std::max(double(s), 1e-6));
      sum += p;
      square += p * p;
    }
    const double count = double(reading.values().size()), mean = sum / count;
    CHECK(mean == Approx(row.bias).margin(4.0 * std::sqrt(row.variance / count) + 1e-4));
    CHECK(square / count - mean * mean == Approx(row.variance).epsilon(0.02));
  }
}

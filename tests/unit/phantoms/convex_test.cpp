#include "vitrine/phantoms/convex.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace vitrine;
using namespace vitrine::phantoms;

namespace {

Vec3 any_direction(std::mt19937& random) {
  std::normal_distribution<double> normal;
  return Vec3(normal(random), normal(random), normal(random)).normalized();
}

Solid any_solid(std::mt19937& random, Solid::Kind kind) {
  std::uniform_real_distribution<double> size(2.0, 30.0), place(-50.0, 50.0);
  Solid solid;
  solid.kind = kind;
  solid.centre = Vec3(place(random), place(random), place(random));
  solid.half_axes = Vec3(size(random), size(random), size(random));
  if (kind == Solid::Kind::capsule) solid.half_axes.y() = solid.half_axes.x();
  if (kind == Solid::Kind::cone) solid.taper = std::uniform_real_distribution(-1.0, 1.0)(random);
  const Vec3 z = any_direction(random), x = z.cross(any_direction(random)).normalized();
  solid.axes << x, z.cross(x), z;
  return solid;
}

/// The dual bound's least value over x >= 0, by ternary search: it is convex.
double least_bound(const Solid& uncut, const Vec3& direction, const Solid::Plane& cut) {
  const auto bound = [&](double x) {
    return reach(uncut, direction - x * cut.normal) + x * cut.offset;
  };
  double low = 0.0, high = 50.0;
  for (int step = 0; step < 200; ++step) {
    const double a = low + (high - low) / 3.0, b = high - (high - low) / 3.0;
    (bound(a) < bound(b) ? high : low) = bound(a) < bound(b) ? b : a;
  }
  return std::min(bound(0.0), bound(0.5 * (low + high)));
}

}  // namespace

TEST_CASE("a cut solid reaches as far as the dual of its farthest point says") {
  const auto kind = GENERATE(Solid::Kind::ellipsoid, Solid::Kind::cylinder, Solid::Kind::capsule,
                             Solid::Kind::box, Solid::Kind::cone);
  std::mt19937 random(1966);
  std::uniform_real_distribution<double> share(0.05, 0.95);
  int shortened = 0;
  for (int trial = 0; trial < 400; ++trial) {
    const Solid uncut = any_solid(random, kind);
    Solid::Plane cut;
    cut.normal = any_direction(random);
    const double far = reach(uncut, cut.normal), near = -reach(uncut, -cut.normal);
    cut.offset = near + share(random) * (far - near);
    Solid solid = uncut;
    solid.cuts = {cut};
    const Vec3 direction = any_direction(random);
    const double reached = reach(solid, direction);
    // Strong duality: a linear function's maximum over a convex set and a half space through it.
    CHECK(reached == Approx(least_bound(uncut, direction, cut)).margin(1e-7));
    if (reached < reach(uncut, direction) - 1e-6) ++shortened;
  }
  CHECK(shortened > 100);
}

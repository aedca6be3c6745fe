#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "vitrine/core/random.hpp"
#include "vitrine/model/material.hpp"
#include "vitrine/model/scan.hpp"
#include "vitrine/model/scene.hpp"

using namespace vitrine;

namespace {

Mat3 random_axes(Rng& rng) {
  return Eigen::Quaterniond(rng.normal(), rng.normal(), rng.normal(), rng.normal())
      .normalized()
      .toRotationMatrix();
}

Solid random_solid(Rng& rng, Solid::Kind kind) {
  Solid solid;
  solid.kind = kind;
  solid.centre = {rng.uniform(-5, 5), rng.uniform(-5, 5), rng.uniform(-5, 5)};
  solid.half_axes = {rng.uniform(1, 8), rng.uniform(1, 8), rng.uniform(1, 8)};
  solid.axes = random_axes(rng);
  if (kind == Solid::Kind::cone) solid.taper = rng.uniform(-1, 1);
  if (rng.uniform() < 0.5) {
    const Vec3 normal = random_axes(rng).col(0);
    solid.cuts.push_back({normal, normal.dot(solid.centre) + rng.uniform(-1, 1)});
  }
  return solid;
}

constexpr Solid::Kind kinds[] = {Solid::Kind::ellipsoid, Solid::Kind::cylinder,
                                 Solid::Kind::capsule, Solid::Kind::box, Solid::Kind::cone};

}  // namespace

TEST_CASE("the mass fractions of every material sum to 1 and have a source") {
  for (const Material& m : materials()) {
    double sum = 0.0;
    for (const auto& part : m.parts) sum += part.mass_fraction;
    INFO(m.name);
    CHECK(sum == Approx(1.0).epsilon(1e-12));
    CHECK(m.density > 0.0);
    CHECK_FALSE(m.source.empty());
  }
}

TEST_CASE("an unknown material is answered with the nearest known one") {
  CHECK(material("cortical_bone").density == Approx(1.92e-3));
  CHECK_THROWS_WITH(material("cortical_bones"), Catch::Contains("cortical_bone"));
}

TEST_CASE("a solution has its solute's mass, and volumes that add up") {
  const Material& blood = material("blood");
  const Material& mixed = material("iodine 10 mg/ml in blood");
  const double room = 1.0 - 10.0 / 4930.0;
  CHECK(mixed.density == Approx(1e-5 + room * blood.density));
  for (const auto& part : mixed.parts) {
    double wanted = part.atomic_number == 53 ? 1e-5 : 0.0;
    for (const auto& own : blood.parts)
      if (own.atomic_number == part.atomic_number)
        wanted += room * blood.density * own.mass_fraction;
    CHECK(part.mass_fraction * mixed.density == Approx(wanted));
  }
  CHECK(&material("iodine 10 mg/ml in blood") == &mixed);
  CHECK(material("calcium_hydroxyapatite 400 mg/ml").density ==
        Approx(0.4e-3 + (1.0 - 0.4 / 3.16) * 1e-3));
  CHECK(material("water").density == material("iodine 0 mg/ml").density);
}

TEST_CASE("a compound is made by its formula, a mixture by its shares of mass") {
  const auto fraction = [](const Material& m, int z) {
    for (const auto& part : m.parts)
      if (part.atomic_number == z) return part.mass_fraction;
    return 0.0;
  };
  const Material& apatite = material("Ca10(PO4)6(OH)2 3.16 g/cm3");
  for (const auto& part : material("calcium_hydroxyapatite").parts)
    CHECK(fraction(apatite, part.atomic_number) == Approx(part.mass_fraction).epsilon(1e-3));
  CHECK(apatite.density == Approx(3.16e-3));
  const Material& half = material("50 % water + 50% pmma");
  CHECK(half.density == Approx(1e-3 / (0.5 / 1.0 + 0.5 / 1.19)));
  CHECK(fraction(half, 8) == Approx(0.5 * (0.888106 + 0.319613)));
  const Material& alcohol = material("70 % H2O + 30 % C2H6O 0.96 g/cm3");
  CHECK(fraction(alcohol, 6) == Approx(0.3 * 2 * 12.011 / 46.069).epsilon(1e-4));
}

TEST_CASE("a material that cannot be is refused with what is wrong and what can be written") {
  const auto refused = [](const char* name, const char* why) {
    CHECK_THROWS_WITH(material(name), Catch::Contains(why) && Catch::Contains("CaCO3 2.71 g/cm3"));
  };
  refused("CaCO3", "needs a density");
  refused("CaCX3 2 g/cm3", "no chemical formula");
  refused("Ca(OH 2 g/cm3", "no chemical formula");
  refused("iodine 5000 mg/ml", "4930 mg/ml fit");
  refused("iodine ten mg/ml", "'ten'");
  refused("iodine 10 mg/ml in", "missing");
  refused("iodine 10 mg/ml in bloode", "Did you mean 'blood'");
  refused("50 % water + 40 % pmma", "90 %");
  refused("water 1 g/cm3 more", "understood");
  refused("W 30 g/cm3", "25 g/cm3");
  refused("", "unknown material");
  refused("unobtainium", "Known: ");
}

TEST_CASE("a solid's interval along a ray holds exactly the points it contains") {
  Rng rng(Stream{1, Draw::test}, 0);
  for (const auto kind : kinds)
    for (int round = 0; round < 200; ++round) {
      const Solid solid = random_solid(rng, kind);
      const Vec3 origin(rng.uniform(-20, 20), rng.uniform(-20, 20), rng.uniform(-20, 20));
      const Vec3 direction = random_axes(rng).col(1) * rng.uniform(0.5, 2.0);
      const Interval inside = intersect(solid, origin, direction);
      for (int i = 0; i < 20; ++i) {
        const double t = rng.uniform(-40, 40);
        if (std::abs(t - inside.enter) < 1e-9 || std::abs(t - inside.leave) < 1e-9) continue;
        const bool expected = !inside.empty() && t > inside.enter && t < inside.leave;
        REQUIRE(contains(solid, origin + t * direction) == expected);
      }
    }
}

TEST_CASE("a solid and a line moved together meet as before") {
  Rng rng(Stream{2, Draw::test}, 0);
  for (const auto kind : kinds) {
    const Solid solid = random_solid(rng, kind);
    const Pose pose{random_axes(rng), Vec3(3, -20, 7)};
    const Vec3 origin = solid.centre - Vec3(0, 30, 0), direction = Vec3(0.05, 1, -0.03);
    const Interval before = intersect(solid, origin, direction);
    const Interval after =
        intersect(moved(solid, pose), pose.apply(origin), pose.rotation * direction);
    CHECK(after.length() == Approx(before.length()).margin(1e-9));
  }
}

TEST_CASE("no point of a solid is outside its bounding sphere") {
  Rng rng(Stream{3, Draw::test}, 0);
  for (const auto kind : kinds)
    for (int round = 0; round < 50; ++round) {
      const Solid solid = random_solid(rng, kind);
      const double radius = bounding_radius(solid);
      const Vec3 direction = random_axes(rng).col(2);
      CHECK_FALSE(contains(solid, solid.centre + 1.0001 * radius * direction));
    }
}

TEST_CASE("one rotation has equally spaced views and starts where it is told") {
  const auto angles = axial_view_angles(8, 2, 0.25);
  REQUIRE(angles.size() == 16);
  CHECK(angles[0] == 0.25);
  CHECK(angles[8] == 0.25);
  CHECK(angles[2] - angles[1] == Approx(std::numbers::pi / 4));
}

TEST_CASE("the field of view is what the narrower side of the fan sees") {
  ScanGeometry g;
  g.source_to_iso = 500;
  g.source_to_detector = 1000;
  g.column_angle = 0.001;
  g.columns = 801;
  g.column_offset = 0.25;
  CHECK(g.field_of_view_radius() == Approx(500 * std::sin(0.39975)));
}

TEST_CASE("a cone's chord is that of marching along the ray") {
  Rng rng(Stream{4, Draw::test}, 0);
  int hits = 0;
  for (int round = 0; round < 100000; ++round) {
    Solid solid = random_solid(rng, Solid::Kind::cone);
    solid.cuts.clear();
    const double diameter = 2.0 * bounding_radius(solid);
    const Vec3 aim = solid.centre + 0.5 * diameter * rng.uniform() * random_axes(rng).col(0);
    const Vec3 direction = random_axes(rng).col(1);
    const Vec3 origin = aim - 400.0 * direction;
    const Interval inside = intersect(solid, origin, direction);
    // How much of the section's scale is left at a point: positive inside.
    const auto left = [&](double t) {
      const Vec3 p = (solid.axes.transpose() * (aim + t * direction - solid.centre))
                         .cwiseQuotient(solid.half_axes);
      const double s = 1.0 + solid.taper * p.z();
      return std::min(s - std::sqrt(p.x() * p.x() + p.y() * p.y()), 1.0 - std::abs(p.z()));
    };
    // The largest of a concave function, then both its roots by bisection.
    double low = -diameter, high = diameter;
    for (int i = 0; i < 80; ++i) {
      const double a = low + (high - low) / 3.0, b = high - (high - low) / 3.0;
      (left(a) < left(b) ? low : high) = left(a) < left(b) ? a : b;
    }
    const double top = 0.5 * (low + high);
    if (left(top) < 1e-6) continue;  // a miss, or it only grazes
    ++hits;
    for (const double side : {-1.0, 1.0}) {
      double in = top, out = top + side * 2.0 * diameter;
      for (int i = 0; i < 70; ++i) (left(0.5 * (in + out)) > 0.0 ? in : out) = 0.5 * (in + out);
      const double found = (side < 0.0 ? inside.enter : inside.leave) - 400.0;
      REQUIRE(found == Approx(in).margin(1e-10 * diameter));
    }
  }
  CHECK(hits > 30000);
}

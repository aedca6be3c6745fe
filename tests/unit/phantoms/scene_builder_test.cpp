#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <vector>

#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/scene_builder.hpp"
#include "vitrine/phantoms/solids.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;

namespace {

Rng random_numbers(std::uint64_t seed) { return Rng(make_stream(seed, "phantoms", Draw::test), 0); }

Vec3 in_cube(Rng& rng, double half) {
  const double x = rng.uniform(-half, half), y = rng.uniform(-half, half);
  return {x, y, rng.uniform(-half, half)};
}

Vec3 direction(Rng& rng) {
  const double x = rng.normal(), y = rng.normal(), z = rng.normal();
  return Vec3(x, y, z).normalized();
}

/// Orthonormal columns, the last along `z`.
Mat3 frame(const Vec3& z, const Vec3& first) {
  Mat3 axes;
  axes.col(2) = z;
  axes.col(0) = (first - first.dot(z) * z).normalized();
  axes.col(1) = z.cross(axes.col(0));
  return axes;
}

/// A tube of capsules cut in mitres: neighbours touch and do not overlap.
std::vector<Solid> mitred(const std::vector<Vec3>& path, double radius) {
  std::vector<Solid> out;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) {
    out.push_back(capsule(path[i], path[i + 1], radius));
    if (i == 0) continue;
    const Vec3 in = (path[i] - path[i - 1]).normalized();
    const Vec3 normal = (in + (path[i + 1] - path[i]).normalized()).normalized();
    const double offset = normal.dot(path[i]);
    out[i - 1].cuts.push_back({normal, offset});
    out[i].cuts.push_back({-normal, -offset});
  }
  return out;
}

/// A builder that remembers what it was asked for: the terms must equal this list, last one wins.
struct Recorder {
  struct Step {
    std::vector<Solid> solids;
    std::uint32_t material = 0;
    double density = 0.0;
    bool adds = false;  ///< on top of what is there
  };
  SceneBuilder builder;
  std::vector<Step> steps;

  Recorder() { builder.begin_organ("any"); }
  void place(const Solid& solid, const char* material, double density) {
    builder.place(solid, material, density);
    steps.push_back({{solid}, builder.material(material), density, false});
  }
  void place_union(const std::vector<Solid>& solids, const char* material, double density) {
    for (const Solid& solid : solids) place(solid, material, density);
  }
  void add_union(const std::vector<Solid>& solids, const char* material, double density) {
    builder.add_union(solids, material, density);
    steps.push_back({solids, builder.material(material), density, true});
  }
  Scene scene() const { return SceneBuilder(builder).build(); }
};

/// Any kind of solid in any pose, every third one cut.
Solid any_solid(Rng& rng, double size) {
  Solid solid;
  solid.kind = static_cast<Solid::Kind>(rng.below(5));
  solid.centre = in_cube(rng, 50.0);
  solid.half_axes = (Vec3::Constant(1.1) + in_cube(rng, 1.0)) * size;
  if (solid.kind == Solid::Kind::cone) solid.taper = rng.uniform(-1.0, 1.0);
  if (solid.kind == Solid::Kind::capsule) solid.half_axes.y() = solid.half_axes.x();
  const Vec3 z = direction(rng);
  solid.axes = frame(z, direction(rng));
  if (rng.below(3) == 0) {
    const Vec3 normal = direction(rng);
    const double at = rng.uniform(-0.5, 0.8) * size;
    solid.cuts.push_back({normal, normal.dot(solid.centre) + at});
  }
  return solid;
}

/// What wins at a point of a list of steps: density by material.
std::map<std::uint32_t, double> by_membership(const Recorder& recorder, const Vec3& point) {
  std::map<std::uint32_t, double> density;
  for (const auto& step : recorder.steps) {
    const auto holds = [&](const Solid& solid) { return contains(solid, point); };
    if (std::none_of(step.solids.begin(), step.solids.end(), holds)) continue;
    if (!step.adds) density.clear();
    density[step.material] += step.density;
  }
  return density;
}

std::map<std::uint32_t, double> by_terms(const Scene& scene, const Vec3& point) {
  std::map<std::uint32_t, double> density;
  for (const Term& term : scene.terms) {
    const auto holds = [&](std::uint32_t s) { return contains(scene.solids[s], point); };
    if (std::all_of(term.solids.begin(), term.solids.end(), holds))
      for (const Delta& delta : term.deltas) density[delta.material] += delta.density;
  }
  return density;
}

/// Largest difference of two line integrals over the density of water, mm.
double difference(const Recorder& recorder, const Scene& scene, const Vec3& origin,
                  const Vec3& along) {
  std::vector<std::vector<Interval>> crossed;
  std::vector<double> ends;
  for (const auto& step : recorder.steps) {
    crossed.emplace_back();
    for (const Solid& solid : step.solids) {
      const Interval inside = intersect(solid, origin, along);
      crossed.back().push_back(inside);
      if (inside.empty()) continue;
      ends.push_back(inside.enter);
      ends.push_back(inside.leave);
    }
  }
  std::sort(ends.begin(), ends.end());
  std::vector<double> integral(scene.materials.size(), 0.0);
  std::vector<double> density(scene.materials.size());
  for (std::size_t e = 0; e + 1 < ends.size(); ++e) {
    const double middle = 0.5 * (ends[e] + ends[e + 1]);
    std::fill(density.begin(), density.end(), 0.0);
    for (std::size_t i = 0; i < crossed.size(); ++i) {
      const auto holds = [&](const Interval& c) { return c.enter < middle && middle < c.leave; };
      if (std::none_of(crossed[i].begin(), crossed[i].end(), holds)) continue;
      const auto& step = recorder.steps[i];
      if (!step.adds) std::fill(density.begin(), density.end(), 0.0);
      density[step.material] += step.density;
    }
    for (std::size_t m = 0; m < density.size(); ++m)
      integral[m] += density[m] * (ends[e + 1] - ends[e]);
  }
  for (const Term& term : scene.terms) {
    Interval inside{-1e30, 1e30};
    for (const std::uint32_t s : term.solids) {
      const Interval one = intersect(scene.solids[s], origin, along);
      inside = {std::max(inside.enter, one.enter), std::min(inside.leave, one.leave)};
    }
    for (const Delta& delta : term.deltas)
      integral[delta.material] -= delta.density * inside.length();
  }
  double worst = 0.0;
  for (const double rest : integral) worst = std::max(worst, std::abs(rest));
  return worst / 1e-3;
}

/// Nested, touching, crossing, chained and added solids of several materials.
Recorder busy_scene(std::uint64_t seed) {
  Rng rng = random_numbers(seed);
  Recorder scene;
  const char* names[] = {"muscle", "blood", "lung", "cortical_bone"};
  const double densities[] = {1.05e-3, 1.06e-3, 0.26e-3, 1.92e-3};
  const auto place_any = [&](const Solid& solid) {
    const auto pick = rng.below(4);
    scene.place(solid, names[pick], densities[pick]);
  };
  scene.place(ellipsoid(Vec3::Zero(), Vec3(90, 80, 100)), "adipose", 0.95e-3);
  for (int i = 0; i < 24; ++i) {
    const Solid solid = any_solid(rng, rng.uniform(4.0, 25.0));
    place_any(solid);
    Solid core = solid;  // nested, with the same cuts
    core.half_axes *= 0.7;
    if (i % 3 == 0) place_any(core);
  }
  std::vector<Vec3> path;
  Vec3 at = in_cube(rng, 40.0);
  for (int i = 0; i < 6; ++i) path.push_back(at += 12.0 * (direction(rng) + Vec3(1, 0, 0)));
  scene.place_union(mitred(path, 3.0), "blood", 1.06e-3);
  scene.place_union(mitred(path, 2.0), "air", 1.2e-6);
  const std::vector<Solid> lobes{ellipsoid(Vec3(5, 5, 5), Vec3::Constant(8)),
                                 ellipsoid(Vec3(12, 5, 5), Vec3::Constant(6)),
                                 ellipsoid(Vec3(5, 12, 5), Vec3::Constant(6))};
  scene.place_union(lobes, "muscle", 0.5e-3);
  scene.add_union(lobes, "muscle", 0.3e-3);
  scene.place(ellipsoid(Vec3(8, 8, 5), Vec3::Constant(3)), "lung", 0.26e-3);
  return scene;
}

}  // namespace

TEST_CASE("the terms of a scene equal membership with priorities at random points") {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const Recorder recorder = busy_scene(seed);
    const Scene scene = recorder.scene();
    Rng rng = random_numbers(100 + seed);
    double worst = 0.0;
    for (int i = 0; i < 25000; ++i) {
      const Vec3 point = in_cube(rng, 80.0);
      auto rest = by_membership(recorder, point);
      for (const auto& [m, density] : by_terms(scene, point)) rest[m] -= density;
      for (const auto& [m, density] : rest) worst = std::max(worst, std::abs(density));
    }
    INFO("seed " << seed << ", " << scene.terms.size() << " terms");
    CHECK(worst < 1e-14);  // g/mm^3: rounding of sums of densities
  }
}

TEST_CASE("along random rays a scene equals membership with priorities to 1e-9 of the diameter") {
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const Recorder recorder = busy_scene(seed);
    const Scene scene = recorder.scene();
    Rng rng = random_numbers(200 + seed);
    double worst = 0.0;
    for (int i = 0; i < 25000; ++i)
      worst = std::max(worst, difference(recorder, scene, in_cube(rng, 80.0), direction(rng)));
    INFO("seed " << seed << ", " << scene.terms.size() << " terms");
    CHECK(worst < 1e-9 * 200.0);
  }
}

TEST_CASE("what is proven apart or inside is so at random points") {
  Rng rng = random_numbers(7);
  int inside = 0, apart = 0;
  for (int pair = 0; pair < 4000; ++pair) {
    const Solid outer = any_solid(rng, 30.0);
    Solid inner = any_solid(rng, rng.uniform(1.0, 15.0));
    inner.centre = outer.centre + in_cube(rng, 40.0);
    for (auto& plane : inner.cuts) plane.offset = plane.normal.dot(inner.centre);
    const bool is_inside = proven_inside(inner, outer), is_apart = proven_apart(inner, outer);
    inside += is_inside;
    apart += is_apart;
    const double size = bounding_radius(inner);
    for (int i = 0; i < 100; ++i) {
      const Vec3 p = inner.centre + in_cube(rng, size);
      if (!contains(inner, p)) continue;
      if (is_inside) CHECK(contains(outer, p));
      if (is_apart) CHECK_FALSE(contains(outer, p));
    }
  }
  CHECK(inside > 200);
  CHECK(apart > 500);
}

TEST_CASE("containment of an ellipsoid in an ellipsoid is decided sharply") {
  Rng rng = random_numbers(8);
  for (int i = 0; i < 200; ++i) {
    Solid outer = any_solid(rng, 30.0), inner = any_solid(rng, 10.0);
    outer.kind = inner.kind = Solid::Kind::ellipsoid;
    outer.cuts.clear();
    inner.cuts.clear();
    inner.centre = outer.centre + outer.axes * outer.half_axes.cwiseProduct(in_cube(rng, 0.4));
    // The factor by which the inner one is said to just touch, held to a net of its points.
    const auto fits = [&](double factor) {
      Solid scaled = inner;
      scaled.half_axes *= factor;
      return proven_inside(scaled, outer);
    };
    double low = 0.0, high = 20.0;
    for (int step = 0; step < 60; ++step)
      (fits(0.5 * (low + high)) ? low : high) = 0.5 * (low + high);
    double farthest = 0.0;
    for (int n = 0; n < 20000; ++n) {
      const Vec3 u = direction(rng);
      const Vec3 p = inner.centre + inner.axes * (low * inner.half_axes.cwiseProduct(u));
      farthest = std::max(
          farthest,
          (outer.axes.transpose() * (p - outer.centre)).cwiseQuotient(outer.half_axes).norm());
    }
    INFO("pair " << i);
    CHECK(farthest <= 1.0 + 1e-9);
    CHECK(farthest > 0.99);  // the net's resolution
  }
}

TEST_CASE("a chain of mitred capsules in one material needs one term a link") {
  SceneBuilder scene;
  scene.begin_organ("body");
  scene.place(ellipsoid(Vec3::Zero(), Vec3::Constant(100)), "lung", 0.26e-3);
  std::vector<Vec3> path;
  for (int i = 0; i < 20; ++i) path.push_back(Vec3(-60.0 + 6.0 * i, 20.0 * ((i / 2) % 2), i));
  scene.place_union(mitred(path, 2.0), "blood", 1.06e-3);
  CHECK(std::move(scene).build().terms.size() == 1 + 19);
}

TEST_CASE("a solid placed over others makes them disappear from the scene") {
  SceneBuilder scene;
  scene.begin_organ("body");
  for (int i = 0; i < 10; ++i) scene.place(ellipsoid(Vec3(i, 0, 0), Vec3::Constant(3)), "blood");
  scene.place(ellipsoid(Vec3(5, 0, 0), Vec3::Constant(20)), "water");
  CHECK(std::move(scene).build().terms.size() == 1);
}

TEST_CASE("a cropped scene has the same densities between its planes") {
  const Recorder recorder = busy_scene(5);
  const Scene scene = recorder.scene();
  const Scene part = cropped(scene, -10.0, 15.0);
  CHECK(part.terms.size() < scene.terms.size());
  Rng rng = random_numbers(9);
  for (int i = 0; i < 5000; ++i) {
    Vec3 point = in_cube(rng, 60.0);
    point.z() = rng.uniform(-10.0, 15.0);
    REQUIRE(by_terms(scene, point) == by_terms(part, point));
  }
}

#include "vitrine/phantoms/surface.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "support.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

double area(const std::vector<Solid>& solids, const Vec3& centre) {
  SceneBuilder scene;
  scene.begin_organ("lesion01");
  LesionTruth truth;
  truth.id = "lesion01";
  truth.centre = centre;
  for (const Solid& solid : solids) truth.solids.push_back(scene.mark(solid));
  const Scene made = std::move(scene).build();
  return surface_area(made, truth);
}

}  // namespace

TEST_CASE("the area of a ball, an ovoid and a rod is that of the formula") {
  constexpr double pi = std::numbers::pi;
  const Vec3 c(1.3, -2.1, 0.4);
  CHECK(area({ellipsoid(c, Vec3::Constant(6.0))}, c) == Approx(4.0 * pi * 36.0).epsilon(0.005));
  // Prolate spheroid, a = 4, c = 8: 2 pi a^2 (1 + c / (a e) asin e).
  const double e = std::sqrt(1.0 - 16.0 / 64.0);
  CHECK(area({ellipsoid(c, Vec3(4, 4, 8))}, c) ==
        Approx(2.0 * pi * 16.0 * (1.0 + 2.0 / e * std::asin(e))).epsilon(0.01));
  const Vec3 half(3, 4, 5);
  CHECK(area({capsule(c - half, c + half, 3.0)}, c) ==
        Approx(4.0 * pi * 9.0 + 2.0 * pi * 3.0 * 2.0 * half.norm()).epsilon(0.01));
}

TEST_CASE("lesions of maps have the area of their outline, at least that of the ball") {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), kind("thorax"));
  cohort.lesions.resize(2);
  cohort.lesions[0].shape = pick(lesion_shapes(), kind("sphere").set("diameter_mm", 12.0));
  cohort.lesions[1].shape =
      pick(lesion_shapes(), kind("irregular").set("diameter_mm", 12.0).set("irregularity", 0.25));
  const Scene scene = build_patient(cohort, 3, "case001", {}).scene;
  const double ball = std::numbers::pi * 144.0;
  CHECK(surface_area(scene, scene.lesions[0]) == Approx(ball).epsilon(0.005));
  REQUIRE(scene.lesions[1].map);
  const double irregular = surface_area(scene, scene.lesions[1]);
  CHECK(irregular > 1.005 * ball);
  CHECK(irregular < 2.0 * ball);
  // Twice as fine it is the same within 2 %.
  CHECK(surface_area(scene, scene.lesions[1], 96) == Approx(irregular).epsilon(0.02));
}

#include "vitrine/phantoms/mass_effect.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <set>

#include "support.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

Cohort with_lesion(const std::string& anatomy, const std::string& organ, double diameter,
                   double mass_effect) {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), kind(anatomy));
  cohort.lesions.emplace_back();
  LesionSpec& lesion = cohort.lesions.back();
  lesion.organ = organ;
  lesion.shape = pick(lesion_shapes(), kind("sphere").set("diameter_mm", diameter));
  lesion.mass_effect = mass_effect;
  return cohort;
}

std::vector<Solid> solids_of(const Scene& scene, const std::string& name) {
  std::vector<Solid> out;
  for (const Organ& organ : scene.organs)
    if (organ.name == name)
      for (const std::uint32_t s : organ.solids) out.push_back(scene.solids[s]);
  return out;
}

/// Volume [mm^3] of the solids within a ball, by counting lattice points.
double volume_within(const std::vector<Solid>& solids, const Vec3& centre, double radius) {
  std::vector<Solid> near;
  for (const Solid& s : solids)
    if ((s.centre - centre).norm() < radius + bounding_radius(s)) near.push_back(s);
  const double step = std::max(0.4, radius / 60.0);
  const int n = int(radius / step) + 1;
  double sum = 0.0;
  for (int i = -n; i <= n; ++i)
    for (int j = -n; j <= n; ++j)
      for (int k = -n; k <= n; ++k) {
        const Vec3 d = step * Vec3(i, j, k);
        if (d.norm() > radius) continue;
        for (const Solid& s : near)
          if (contains(s, centre + d)) {
            sum += step * step * step;
            break;
          }
      }
  return sum;
}

}  // namespace

TEST_CASE("a push moves an incompressible medium and ends at four radii") {
  const Push push{Vec3(3, -2, 5), 10.0};
  CHECK(push(push.centre) == push.centre);
  // A ball of radius r takes in the pushed volume: r'^3 = r^3 + R^3.
  for (const double r : {0.5, 3.0, 9.9})
    CHECK((push(push.centre + Vec3(0, r, 0)) - push.centre).norm() ==
          Approx(std::cbrt(r * r * r + 1000.0)).epsilon(1e-12));
  double last = 10.0;
  for (double r = 0.5; r < 45.0; r += 0.5) {  // nothing passes what was farther out
    const double now = (push(push.centre + Vec3(r, 0, 0)) - push.centre).norm();
    CHECK(now > last - 1e-12);
    CHECK(now >= r);
    last = now;
  }
  CHECK(push(push.centre + Vec3(0, 0, 40.0)) == push.centre + Vec3(0, 0, 40.0));
}

TEST_CASE("a nodule with a mass effect has its vessels around it instead of within", "[full]") {
  const Patient taken = build_patient(with_lesion("thorax", "lung", 24.0, 0.0), 8, "case001", {});
  const Patient pushed = build_patient(with_lesion("thorax", "lung", 24.0, 1.0), 8, "case001", {});
  const LesionTruth& lesion = taken.scene.lesions.front();
  CHECK(pushed.scene.lesions.front().centre == lesion.centre);
  CHECK(pushed.scene.lesions.front().volume == lesion.volume);

  const auto before = solids_of(taken.scene, "lung_vessels");
  const auto after = solids_of(pushed.scene, "lung_vessels");
  REQUIRE(before.size() < after.size());  // bent ones are several
  const double inside = volume_within(before, lesion.centre, 11.0);
  REQUIRE(inside > 20.0);
  CHECK(volume_within(after, lesion.centre, 11.0) < 0.35 * inside);
  // What left the lesion is near it: none is lost.
  CHECK(volume_within(after, lesion.centre, 48.0) ==
        Approx(volume_within(before, lesion.centre, 48.0)).epsilon(0.05));

  // Every segment keeps its calibre; what is far away keeps its place.
  std::multiset<double> calibres;
  for (const Solid& s : before) calibres.insert(s.half_axes.x());
  std::size_t far = 0;
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(calibres.count(after[i].half_axes.x()) > 0);
    if (i < before.size() &&
        (before[i].centre - lesion.centre).norm() - before[i].half_axes.z() > 48.0) {
      ++far;
      CHECK(after[i].centre == before[i].centre);
    }
  }
  CHECK(far > 100);

  const auto ribs_before = solids_of(taken.scene, "ribs"), ribs = solids_of(pushed.scene, "ribs");
  for (std::size_t i = 0; i < ribs.size(); ++i) CHECK(ribs[i].centre == ribs_before[i].centre);
}

TEST_CASE("a brain lesion with a mass effect shifts the ventricles away from it") {
  const Patient taken = build_patient(with_lesion("head", "brain", 30.0, 0.0), 4, "case001", {});
  const Patient pushed = build_patient(with_lesion("head", "brain", 30.0, 1.0), 4, "case001", {});
  const Vec3 lesion = taken.scene.lesions.front().centre;
  const auto before = solids_of(taken.scene, "ventricles");
  const auto after = solids_of(pushed.scene, "ventricles");
  REQUIRE(before.size() == after.size());
  double farthest = 0.0;
  for (std::size_t i = 0; i < before.size(); ++i) {
    const double way = (after[i].centre - lesion).norm() - (before[i].centre - lesion).norm();
    CHECK(way > -0.5);
    farthest = std::max(farthest, way);
  }
  CHECK(farthest > 0.3);
}

TEST_CASE("imported voxels refuse to be pushed aside") {
  SceneBuilder scene;
  IndexedMap map;
  map.grid.size = {2, 2, 2};
  map.index = {0, 0, 0, 0, 0, 0, 0, 0};
  map.entries.push_back({"lung", {{scene.material("lung"), 0.3e-3}}});
  scene.add_map(std::move(map));
  CHECK_THROWS_WITH(push_aside(scene, {Vec3::Zero(), 5.0}, Host{}),
                    Catch::Contains("mass_effect_percent"));
}

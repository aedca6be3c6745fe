#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "support.hpp"
#include "vitrine/phantoms/lesion_place.hpp"
#include "vitrine/phantoms/patient.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

Cohort thorax_with(const std::string& shape, double diameter, const std::string& attachment) {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), kind("thorax").set("vessel_twigs", 20.0));
  LesionSpec spec;
  spec.shape = pick(lesion_shapes(), kind(shape).set("diameter_mm", diameter));
  spec.attachment = attachment;
  spec.count = Distribution(2.0);
  spec.spread = 120.0;
  cohort.lesions = {spec};
  return cohort;
}

struct Placed {
  SceneBuilder scene;
  AnatomyRecord body;
  std::vector<PlacedLesion> lesions;
  explicit Placed(const Cohort& cohort, const char* id = "case001") {
    const PatientDraws draws(cohort, 2, id);
    body = cohort.anatomy->build(scene, draws.anatomy(), {});
    lesions = place_lesions(cohort, draws, scene, body);
  }
  bool in_lung(const Vec3& p) const { return scene.organ_at(p).starts_with("lung"); }
  /// Points of the lesion's surface, moved outwards, that are no longer in the lung.
  int outside(const PlacedLesion& lesion, double outwards) const {
    int count = 0;
    for (const Vec3& p : surface_points(lesion.outline))
      count += !in_lung(lesion.centre + p + outwards * p.normalized());
    return count;
  }
};

}  // namespace

TEST_CASE("a pleural lesion touches the lung's surface from inside") {
  for (const char* shape : {"sphere", "lobulated", "irregular"}) {
    const Placed placed(thorax_with(shape, 9.0, "pleura"));
    REQUIRE(placed.lesions.size() == 2);
    for (const PlacedLesion& lesion : placed.lesions) {
      INFO(shape);
      CHECK(placed.outside(lesion, -1e-6) == 0);
      CHECK(placed.outside(lesion, 0.1) > 0);
    }
  }
}

TEST_CASE("a lesion keeps its distance to the organ's surface") {
  Cohort cohort = thorax_with("sphere", 9.0, "free");
  cohort.lesions[0].distance = Distribution(6.0);
  const Placed placed(cohort);
  for (const PlacedLesion& lesion : placed.lesions) {
    CHECK(placed.outside(lesion, 5.4) == 0);
    CHECK(placed.outside(lesion, 6.2) > 0);
  }
}

TEST_CASE("a lesion on a vessel has its centre in the vessel") {
  const Placed placed(thorax_with("sphere", 7.0, "vessel"));
  for (const PlacedLesion& lesion : placed.lesions) {
    CHECK(placed.scene.organ_at(lesion.centre) == "lung_vessels");
    CHECK(placed.outside(lesion, 0.5) == 0);
  }
}

TEST_CASE("a lesion that has no place is refused with the way out") {
  CHECK_THROWS_WITH(Placed(thorax_with("sphere", 150.0, "free")),
                    Catch::Contains("no room for lesion 1") && Catch::Contains("spread_mm"));
  Cohort wrong = thorax_with("sphere", 8.0, "free");
  wrong.lesions[0].organ = "pancreas";
  CHECK_THROWS_WITH(Placed(wrong), Catch::Contains("pancreas (this anatomy has lung"));
  Diagnostics problems;
  LesionSpec::schema().read(
      Value().set("shape", "sphere").set("attachment", "pleura").set("distance_mm", 3.0), problems);
  CHECK(problems.entries().size() == 1);
}

TEST_CASE("lymph nodes lie in the fat of the mediastinum, and move with a breath") {
  Cohort cohort = thorax_with("ellipsoid", 9.0, "free");
  cohort.lesions[0].organ = "lymph_node";
  for (const char* id : {"case001", "case002", "case003"}) {
    const Placed placed(cohort, id);
    REQUIRE(placed.lesions.size() == 2);
    for (const PlacedLesion& lesion : placed.lesions)
      for (const Vec3& p : surface_points(lesion.outline))
        CHECK(placed.scene.organ_at(lesion.centre + p) == "mediastinum");
  }
  const auto height = [&](double inspiration) {
    return build_patient(cohort, 2, "case001", {.inspiration = inspiration})
        .scene.lesions.front()
        .centre.z();
  };
  CHECK(height(1.1) < height(1.0));
}

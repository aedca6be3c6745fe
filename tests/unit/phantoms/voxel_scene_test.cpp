#include "vitrine/phantoms/voxel_scene.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>

#include "support.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"
#include "vitrine/phantoms/voxelise.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

Scene ball_of(double radius) {
  SceneBuilder scene;
  scene.begin_organ("ball");
  scene.place(ellipsoid(Vec3(0.17, -0.31, 0.23), Vec3::Constant(radius)), "muscle");
  return std::move(scene).build();
}

double mass_of(const IndexedMap& map) {
  double sum = 0.0;
  for (const std::uint16_t i : map.index)
    for (const Delta& delta : map.entries[i].deltas) sum += delta.density;
  return sum * map.grid.voxel_volume();
}

std::map<std::string, double> masses(const Scene& scene) {
  std::map<std::string, double> sum;
  for (const IndexedMap& map : scene.maps)
    for (const std::uint16_t i : map.index)
      for (const Delta& delta : map.entries[i].deltas)
        sum[scene.materials[delta.material].name] += delta.density * map.grid.voxel_volume();
  return sum;
}

Cohort cohort_of(const Value& anatomy) {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), anatomy);
  return cohort;
}

}  // namespace

TEST_CASE("a ball of voxels has the ball's mass, nearer by every halving") {
  const double radius = 12.0, true_mass = 4.0 / 3.0 * std::numbers::pi * 12.0 * 12.0 * 12.0 *
                                          material("muscle").density;
  // Centres of voxels: the error is that of counting lattice points in a ball, below surface x h
  // / 10.
  for (const double spacing : {2.0, 1.0, 0.5, 0.25}) {
    const Scene made = made_of_voxels(ball_of(radius), spacing);
    INFO(spacing);
    CHECK(std::abs(mass_of(made.maps.front()) / true_mass - 1.0) < 0.3 * spacing / radius);
    CHECK(made.terms.empty());
  }
}

TEST_CASE("a patient of voxels holds at every voxel what the analytic one has there") {
  for (const char* kind : {"thorax", "head", "acr464"}) {
    const Cohort cohort = cohort_of(test::kind(kind));
    const Scene exact = build_patient(cohort, 3, "case001", {}).scene;
    Grid grid = grid_about(exact, 6.0);
    const IndexedMap map = index_map(exact, grid);
    const Substance there = substance_map(exact, grid);
    const auto names = organ_names(exact);
    const LabelMap organs = organ_map(exact, grid, names);
    REQUIRE(map.entries.size() > 5);
    Index wrong_density = 0, wrong_organ = 0;
    for (Index v = 0; v < grid.count(); ++v) {
      const auto i = std::size_t(v);
      const IndexedMap::Entry& entry = map.entries[map.index[i]];
      double density = 0.0;
      for (const Delta& delta : entry.deltas) density += delta.density;
      wrong_density += std::abs(density - double(there.density.values()[i])) > 2e-9;
      const std::uint16_t label = organs.values()[i];
      wrong_organ += entry.organ != (label == 0 ? std::string() : names[label - 1]);
    }
    INFO(kind);
    CHECK(wrong_density == 0);
    CHECK(wrong_organ == 0);
  }
}

TEST_CASE("lesions and contrast medium of a patient of voxels are those of the analytic patient",
          "[full]") {
  Cohort cohort = cohort_of(kind("abdomen"));
  cohort.lesions.emplace_back();
  cohort.lesions[0].organ = "liver";
  cohort.lesions[0].shape = pick(lesion_shapes(), kind("sphere").set("diameter_mm", 18.0));
  PatientState state;
  state.injection.emplace();
  state.injection->delay = 70.0;
  const Patient exact = build_patient(cohort, 5, "case001", state);
  cohort.voxels = 1.5;
  const Patient voxels = build_patient(cohort, 5, "case001", state);

  REQUIRE(voxels.scene.lesions.size() == 1);
  const LesionTruth &a = exact.scene.lesions[0], &b = voxels.scene.lesions[0];
  CHECK(b.centre == a.centre);
  CHECK(b.volume == Approx(a.volume).epsilon(2e-3));
  CHECK(b.attenuation == Approx(a.attenuation).margin(0.01));
  CHECK(b.iodine == Approx(a.iodine).epsilon(1e-9));
  CHECK(voxels.parameters == exact.parameters);

  const Scene counted = made_of_voxels(exact.scene, 1.5);
  const auto expected = masses(counted), found = masses(voxels.scene);
  for (const char* material : {"iodine", "liver", "blood", "adipose"}) {
    INFO(material);
    REQUIRE(found.count(material) == 1);
    CHECK(found.at(material) == Approx(expected.at(material)).epsilon(0.01));
  }
}

TEST_CASE("too many voxels are refused with their number") {
  CHECK_THROWS_WITH(made_of_voxels(ball_of(200.0), 0.2),
                    Catch::Contains("voxels of 0.2 mm would be 8"));
}

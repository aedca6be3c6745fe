#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/patch_value.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"
#include "vitrine/phantoms/voxelise.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;

namespace {

/// Crossing and nested solids of several materials, an organ that is continued later, and a patch.
struct Built {
  Scene scene;
  SceneBuilder record;  // knows what was placed where
};

void place_all(SceneBuilder& scene) {
  scene.begin_organ("body");
  scene.place(cylinder(Vec3::Zero(), Vec3(40, 30, 50)), "muscle");
  scene.begin_organ("lung");
  scene.place(ellipsoid(Vec3(-12, 2, 3), Vec3(14, 20, 30)), "lung");
  scene.begin_organ("heart");
  scene.place(ellipsoid(Vec3(4, -4, 0), Vec3(15, 12, 18)), "heart");
  scene.begin_organ("lung");
  scene.place(capsule(Vec3(10, 10, -30), Vec3(20, 0, 30), 7.0), "lung");
  scene.begin_organ("bone");
  scene.place(cut(ellipsoid(Vec3(0, 22, 0), Vec3(8, 6, 45)), Vec3(0, 22, 5), Vec3::UnitZ()),
              "cortical_bone");
}

Built built() {
  Built all;
  place_all(all.record);
  SceneBuilder scene;
  place_all(scene);
  Patch patch;
  patch.grid.size = {9, 8, 7};
  patch.grid.spacing = Vec3(1.5, 1.25, 2.0);
  patch.grid.origin = Vec3(-18.0, -3.0, -4.0);
  std::vector<float> values;
  for (Index i = 0; i < patch.grid.count(); ++i) values.push_back(1e-5f * float(i % 11) - 4e-5f);
  patch.channels.push_back({scene.material("muscle"), values});
  scene.add_patch(std::move(patch));
  all.scene = std::move(scene).build();
  return all;
}

/// A small grid that no axis of the scene is parallel to.
Grid oblique(Index n) {
  Grid grid;
  grid.size = {n, n + 3, n - 5};
  grid.spacing = Vec3(100.0, 90.0, 120.0) / double(n);
  grid.axes = frame(Vec3(0.2, -0.1, 0.97).normalized());
  const Vec3 last(double(n - 1), double(n + 2), double(n - 6));
  const Vec3 half = 0.5 * grid.spacing.cwiseProduct(last);
  grid.origin = -(grid.axes * half);
  return grid;
}

/// Density of each material where the terms that hold a point say so, plus the patches.
std::vector<double> densities_at(const Scene& scene, const Vec3& point) {
  std::vector<double> sum(scene.materials.size(), 0.0);
  for (const Term& term : scene.terms)
    if (std::all_of(term.solids.begin(), term.solids.end(),
                    [&](std::uint32_t s) { return contains(scene.solids[s], point); }))
      for (const Delta& delta : term.deltas) sum[delta.material] += delta.density;
  for (const Patch& patch : scene.patches)
    for (const auto& channel : patch.channels)
      sum[channel.material] += patch_value(patch.grid, channel.density, point);
  return sum;
}

}  // namespace

TEST_CASE("an organ map says at every centre which organ was placed there last") {
  const Built all = built();
  const auto names = organ_names(all.scene);
  CHECK(names == std::vector<std::string>{"body", "lung", "heart", "bone"});
  const LabelMap map = organ_map(all.scene, oblique(40), names);
  const Grid& grid = map.grid();
  Index wrong = 0;
  std::vector<Index> met(names.size() + 1, 0);
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const auto label = std::size_t(map(i, j, k));
        const std::string_view expected = all.record.organ_at(grid.centre(i, j, k));
        wrong += (label == 0 ? std::string_view{} : names[label - 1]) != expected;
        ++met[label];
      }
  CHECK(wrong == 0);
  for (const Index count : met) CHECK(count > 50);
}

TEST_CASE("a substance map holds the terms' and patches' density, and names the densest part") {
  const Built all = built();
  const Substance map = substance_map(all.scene, oblique(30));
  const Grid& grid = map.density.grid();
  double worst = 0.0;
  Index wrong = 0;
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const auto parts = densities_at(all.scene, grid.centre(i, j, k));
        double sum = 0.0;
        for (const double part : parts) sum += part;
        worst = std::max(worst, std::abs(sum - double(map.density(i, j, k))));
        const auto densest = std::max_element(parts.begin(), parts.end());
        const auto expected = *densest > 1e-12 ? densest - parts.begin() + 1 : 0;
        wrong += map.material(i, j, k) != expected;
      }
  CHECK(worst < 1e-9);  // g/mm^3: float keeps 2e-3 to 1e-10
  CHECK(wrong == 0);
}

TEST_CASE("a slab holds the same voxels as the whole") {
  const Built all = built();
  const auto names = organ_names(all.scene);
  const Grid grid = oblique(24);
  Grid slab = grid;
  slab.size[2] = 5;
  slab.origin = grid.centre(0, 0, 9);
  const LabelMap whole = organ_map(all.scene, grid, names),
                 part = organ_map(all.scene, slab, names);
  const auto first = whole.values().begin() + grid.offset(0, 0, 9);
  CHECK(std::equal(part.values().begin(), part.values().end(), first));
}

TEST_CASE("voxels of a patient reach its lesions' true volume and lie on its organs") {
  Diagnostics problems;
  const auto sphere = Value().set("kind", Value("sphere")).set("diameter_mm", Value(12.0));
  const auto cohort = Cohort::schema().read(
      Value()
          .set("count", Value(1.0))
          .set("anatomy", Value().set("kind", Value("thorax")).set("vessel_twigs", Value(4.0)))
          .set("lesions", Value::List{Value().set("shape", sphere)}),
      problems);
  problems.throw_if_any();
  const Scene scene = build_patient(cohort, 5, "case001", {}).scene;
  const auto names = organ_names(scene);
  REQUIRE(names.back() == "lesion01");
  Grid grid;
  grid.size = {48, 48, 48};
  grid.spacing = Vec3::Constant(0.5);
  grid.origin = scene.lesions[0].centre - Vec3::Constant(0.5 * 47 * 0.5);
  const LabelMap map = organ_map(scene, grid, names);
  const auto voxels = std::count(map.values().begin(), map.values().end(), names.size());
  const double truth = std::numbers::pi / 6.0 * 12.0 * 12.0 * 12.0;
  CHECK(double(voxels) * grid.voxel_volume() == Approx(truth).epsilon(0.01));
  CHECK(std::count(map.values().begin(), map.values().end(), 0) == 0);

  // Before it grew, its place was the lung's.
  const LabelMap anatomy = anatomy_map(scene, grid, names);
  Index moved = 0;
  std::vector<Index> under(names.size() + 1, 0);
  for (std::size_t v = 0; v < map.values().size(); ++v)
    if (map.values()[v] == names.size())
      ++under[anatomy.values()[v]];
    else
      moved += map.values()[v] != anatomy.values()[v];
  CHECK(moved == 0);
  Index of_lung = 0;
  for (std::size_t n = 0; n < names.size(); ++n)
    if (names[n].starts_with("lung_")) of_lung += under[n + 1];
  CHECK(of_lung == voxels);

  const Grid about = grid_about(scene, 4.0);
  for (const LesionTruth& lesion : scene.lesions) {
    const Vec3 at = (lesion.centre - about.origin).cwiseQuotient(about.spacing);
    CHECK((at.array() > 0.0).all());
    CHECK(at.x() < double(about.size[0]));
  }
}

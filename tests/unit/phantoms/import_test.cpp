#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "fake_files.hpp"
#include "support.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/crop.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"
#include "vitrine/phantoms/voxelise.hpp"
#include "vitrine/physics/attenuation.hpp"
#include "vitrine/physics/projector.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

constexpr double body_density = 1.05, lung_density = 0.26;  // g/cm3

/// A row of a label table.
Value row(double label, const char* organ, const char* material) {
  return Value()
      .set("labels", Value::List{Value(label)})
      .set("organ", organ)
      .set("material", material);
}

Value label_map(Value::List rows) {
  return kind("label_map").set("file", "organs.nii.gz").set("labels", std::move(rows));
}

/// A body with two lungs, in air, on a grid whose axes are turned by some degrees.
Grid turned(Index n, double spacing) {
  Grid grid;
  grid.size = {n, n - 2, n - 4};
  grid.spacing = Vec3(spacing, 1.1 * spacing, 0.9 * spacing);
  grid.axes = frame(Vec3(0.12, -0.2, 0.97).normalized());
  grid.origin = Vec3(-31.0, 17.0, -440.0);
  return grid;
}

LabelImage two_lungs(const Grid& grid) {
  std::vector<std::uint16_t> voxels;
  const Vec3 n(double(grid.size[0]), double(grid.size[1]), double(grid.size[2]));
  for (Index k = 0; k < grid.size[2]; ++k)
    for (Index j = 0; j < grid.size[1]; ++j)
      for (Index i = 0; i < grid.size[0]; ++i) {
        const Vec3 p =
            (Vec3(double(i), double(j), double(k)) + Vec3::Constant(0.5)).cwiseQuotient(0.5 * n) -
            Vec3::Ones();  // the image is [-1, 1]^3
        const auto in = [&](double x, const Vec3& half) {
          return (p - Vec3(x, 0, 0)).cwiseQuotient(half).squaredNorm() < 1.0;
        };
        voxels.push_back(in(-0.4, Vec3(0.3, 0.5, 0.7))  ? 70
                         : in(0.4, Vec3(0.3, 0.5, 0.7)) ? 71
                         : in(0.0, Vec3(0.9, 0.8, 2.0)) ? 9
                                                        : 0);
      }
  return label_image(grid, voxels);
}

Value thorax_table() {
  return label_map({row(9, "body", "muscle"), row(70, "lung_right", "lung").set("host", "lung"),
                    row(71, "lung_left", "lung").set("host", "lung")});
}

Scene scene_of(const Pick<Anatomy>& anatomy) {
  SceneBuilder scene;
  anatomy->build(scene, Rng(make_stream(1, "case001", Draw::anatomy), 0), {});
  return std::move(scene).build();
}

double total_mass(const Scene& scene, const Grid& grid) {
  const Substance all = substance_map(scene, grid);
  double sum = 0.0;
  for (const float d : all.density.values()) sum += double(d);
  return sum * grid.voxel_volume();
}

}  // namespace

TEST_CASE("an imported label map comes out as it went in, bit for bit, at any orientation") {
  FakeFiles files;
  const Grid grid = turned(24, 5.0);
  const LabelImage image = two_lungs(grid);
  files.label_images["organs.nii.gz"] = image;
  const Scene scene = scene_of(supplied(thorax_table().set("position", "as_stored"), files));
  const auto names = organ_names(scene);
  REQUIRE(names == std::vector<std::string>{"body", "lung_right", "lung_left"});
  const vitrine::LabelMap organs = organ_map(scene, grid, names);
  const Substance substance = substance_map(scene, grid);
  std::size_t wrong = 0;
  double mass = 0.0, expected = 0.0;
  for (std::size_t v = 0; v < image.index.size(); ++v) {
    wrong += organs.values()[v] != image.index[v];  // label 0 is nothing, others follow in order
    const double density =
        std::array{0.0, body_density, lung_density, lung_density}[image.index[v]];
    expected += density * units::g_per_cm3 * grid.voxel_volume();
    mass += double(substance.density.values()[v]) * grid.voxel_volume();
  }
  CHECK(wrong == 0);
  CHECK(mass == Approx(expected).epsilon(1e-7));
}

TEST_CASE("an imported body is centred unless the file's coordinates are asked for") {
  FakeFiles files;
  files.label_images["organs.nii.gz"] = two_lungs(turned(16, 8.0));
  const Scene centred = scene_of(supplied(thorax_table(), files));
  const Grid box = grid_about(centred, 4.0);
  const Vec3 middle =
      0.5 * (box.centre(0, 0, 0) + box.centre(box.size[0] - 1, box.size[1] - 1, box.size[2] - 1));
  CHECK(middle.norm() < 10.0);
}

TEST_CASE("patients share the voxels of their file") {
  FakeFiles files;
  files.label_images["organs.nii.gz"] = two_lungs(turned(16, 8.0));
  const auto anatomy = supplied(thorax_table(), files);
  const Scene one = scene_of(anatomy), two = scene_of(anatomy);
  Pose pose;
  pose.translation = Vec3(5, 6, 7);
  const Scene elsewhere = cropped(moved(two, pose), -500.0, 500.0);
  CHECK(one.maps[0].index.data() == two.maps[0].index.data());
  REQUIRE(elsewhere.maps.size() == 1);
  CHECK(elsewhere.maps[0].index.data() == one.maps[0].index.data());
  CHECK(elsewhere.maps[0].grid.origin == one.maps[0].grid.origin + pose.translation);
  CHECK(cropped(two, 900.0, 1000.0).maps.empty());
}

TEST_CASE("a single slice is as thick as it says") {
  Grid grid;
  grid.size = {6, 5, 1};
  grid.spacing = Vec3(2, 2, 30);
  FakeFiles files;
  files.label_images["organs.nii.gz"] =
      label_image(grid, std::vector<std::uint16_t>(std::size_t(grid.count()), 1));
  const Scene scene = scene_of(supplied(label_map({row(1, "slab", "water")}), files));
  const auto masses = physics::path_masses(scene, {Vec3(0, 0, -100), Vec3::UnitZ()});
  CHECK(masses[0] == Approx(30.0 * units::g_per_cm3));
  const Substance substance = substance_map(scene, grid_about(scene, 1.0));
  for (const float density : substance.density.values())
    CHECK(double(density) <= 1.0 * units::g_per_cm3 + 1e-9);
  const auto& volume = substance.density;
  CHECK(double(volume(6, 5, 2)) == Approx(units::g_per_cm3));  // 2.5 mm from its face
}

TEST_CASE("mistakes in a label table are named with label, organ and way out") {
  FakeFiles files;
  files.label_images["organs.nii.gz"] = two_lungs(turned(16, 8.0));
  const Value body = row(9, "body", "muscle"), right = row(70, "lung_right", "lung"),
              left = row(71, "lung_left", "lung");
  CHECK(complaint_about(label_map({body, right, left}), files).empty());
  const auto has = [&](const Value& node, const char* text) {
    const std::string said = complaint_about(node, files);
    CAPTURE(said);
    CHECK(said.find(text) != std::string::npos);
  };
  has(label_map({body, right}), "label 71");
  has(label_map({body, right}), "without a material");
  has(label_map({body, right, left, row(72, "heart", "heart")}), "label 72 (heart) is empty");
  CHECK(complaint_about(
            label_map({body, right, left, row(72, "heart", "heart")}).set("absent_labels", "allow"),
            files)
            .empty());
  has(label_map({body, right, left, row(71, "heart", "heart")}), "both lung_left and heart");
  has(label_map({body, right, row(71, "lung_left", "lungs")}),
      "lung_left: unknown material 'lungs'");
  has(label_map({body, right, row(71, "lung_left", "lung").set("density_g_per_cm3", -0.2)}),
      "0 to 25");
  has(label_map({body, right, row(71, "lung_left", "lung").set("density_g_per_cm3", 0.0 / 0.0)}),
      "0 to 25");
  has(label_map({body, right, row(71.5, "lung_left", "lung")}), "whole");
  has(label_map({body, right, row(71, "", "lung")}), "organ must not be empty");
  has(label_map({}), "labels");
  files.label_images["organs.nii.gz"] =
      label_image(turned(16, 8.0), std::vector<std::uint16_t>(16 * 14 * 12, 0));
  has(label_map({body}).set("absent_labels", "allow"), "nothing in the image has a density");
}

TEST_CASE("the digitised HU of imported voxels are those of their materials") {
  FakeFiles files;
  const Grid grid = turned(24, 5.0);
  files.label_images["organs.nii.gz"] = two_lungs(grid);
  const Scene scene = scene_of(supplied(thorax_table().set("position", "as_stored"), files));
  std::vector<double> mu_over_rho;
  for (const Material& m : scene.materials)
    mu_over_rho.push_back(physics::mass_attenuation(m, 70.0));
  const double water = physics::linear_attenuation(material("water"), 70.0);
  const double air = physics::linear_attenuation(material("air"), 70.0);
  const Image image = object_image(scene, grid, mu_over_rho, water, air);
  const auto hu = [&](const char* name) {
    return 1000.0 * (physics::linear_attenuation(material(name), 70.0) - water) / (water - air);
  };
  const auto in_lung = image(7, 11, 10), between = image(12, 3, 10), outside = image(0, 0, 10);
  CHECK(in_lung == Approx(hu("lung")).margin(0.01));
  CHECK(between == Approx(hu("muscle")).margin(0.01));
  CHECK(outside == Approx(-1000.0 * water / (water - air)).margin(0.01));
}

TEST_CASE("path masses through an indexed map are those of its trilinear densities") {
  FakeFiles files;
  const Grid grid = turned(12, 5.0);
  files.label_images["organs.nii.gz"] = two_lungs(grid);
  const Scene scene = scene_of(supplied(thorax_table(), files));
  // The same densities as patches, which path_masses samples.
  Scene sampled;
  sampled.materials = scene.materials;
  sampled.patches.emplace_back();
  sampled.patches[0].grid = scene.maps[0].grid;
  for (std::uint32_t m = 0; m < scene.materials.size(); ++m) {
    std::vector<float> density;
    for (const std::uint16_t entry : scene.maps[0].index) {
      double sum = 0.0;
      for (const Delta& delta : scene.maps[0].entries[entry].deltas)
        if (delta.material == m) sum += delta.density;
      density.push_back(static_cast<float>(sum));
    }
    sampled.patches[0].channels.push_back({m, std::move(density)});
  }
  for (const Vec3& direction : {Vec3(1, 0, 0), Vec3(0.3, 0.9, 0.1), Vec3(-0.2, 0.4, 0.8)})
    for (const Vec3& through : {Vec3(0, 0, 0), Vec3(8, -5, 3), Vec3(-14, 6, -9)}) {
      const physics::Ray ray{through - 300.0 * direction, direction};
      const auto exact = physics::path_masses(scene, ray);
      const auto close = physics::path_masses(sampled, ray, 0.01);
      for (std::size_t m = 0; m < exact.size(); ++m)
        CHECK(exact[m] == Approx(close[m]).epsilon(1e-4).margin(1e-7));
    }
}

TEST_CASE("a lesion in an imported lung replaces what the voxels hold") {
  FakeFiles files;
  const Grid grid = turned(40, 5.0);
  files.label_images["organs.nii.gz"] = two_lungs(grid);
  Cohort cohort;
  cohort.anatomy = supplied(thorax_table(), files);
  const Scene without = build_patient(cohort, 3, "case001", {}).scene;
  for (const char* shape : {"sphere", "lobulated"}) {
    CAPTURE(shape);
    cohort.lesions = {LesionSpec{}};
    LesionSpec& spec = cohort.lesions.front();
    spec.shape = pick(lesion_shapes(), kind(shape).set("diameter_mm", 14.0));
    spec.attenuation = Distribution(40.0);
    const Scene with = build_patient(cohort, 3, "case001", {}).scene;
    REQUIRE(with.lesions.size() == 1);
    const LesionTruth& lesion = with.lesions[0];
    CHECK(lesion.volume == Approx(4.0 / 3.0 * 3.14159265 * 343.0).epsilon(0.02));
    Grid box;
    box.size = {50, 50, 50};
    box.spacing = Vec3::Constant(0.6);
    box.origin = lesion.centre - Vec3::Constant(0.3 * 49.0);
    const double gained = total_mass(with, box) - total_mass(without, box);
    const double expected = lesion.volume * (lesion.density - lung_density * units::g_per_cm3);
    CHECK(gained == Approx(expected).epsilon(0.01));
    const auto names = organ_names(with);
    CHECK(names.back() == "lesion01");
    const vitrine::LabelMap organs = organ_map(with, box, names);
    CHECK(std::size_t(organs(25, 25, 25)) == names.size());
  }
  cohort.lesions.front().organ = "liver";
  CHECK_THROWS_WITH(build_patient(cohort, 3, "case001", {}),
                    Catch::Matchers::Contains("this anatomy has lung"));
  cohort.lesions.front().organ = "lung";
  cohort.lesions.front().shape = pick(lesion_shapes(), kind("sphere").set("diameter_mm", 120.0));
  CHECK_THROWS_WITH(build_patient(cohort, 3, "case001", {}),
                    Catch::Matchers::Contains("no room for lesion 1 of 12"));
}

TEST_CASE("a digitised thorax that is imported again has the same organs and masses") {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), kind("thorax"));
  const Scene scene = build_patient(cohort, 4, "case001", {}).scene;
  const Grid grid = grid_about(scene, 6.0);
  const auto names = organ_names(scene);
  const vitrine::LabelMap organs = organ_map(scene, grid, names);
  const Substance substance = substance_map(scene, grid);
  std::vector<double> mass(names.size() + 1), voxels(names.size() + 1);
  std::vector<std::uint16_t> some_material(names.size() + 1);
  for (std::size_t v = 0; v < organs.values().size(); ++v) {
    const std::uint16_t label = organs.values()[v];
    mass[label] += double(substance.density.values()[v]) * grid.voxel_volume();
    voxels[label] += 1.0;
    some_material[label] = substance.material.values()[v];
  }
  Value::List rows;
  for (std::size_t n = 1; n < mass.size(); ++n)
    if (voxels[n] > 0.0)
      rows.push_back(
          row(double(n), names[n - 1].c_str(), scene.materials[some_material[n] - 1u].name.c_str())
              .set("density_g_per_cm3",
                   mass[n] / (voxels[n] * grid.voxel_volume()) / units::g_per_cm3));
  FakeFiles files;
  files.label_images["organs.nii.gz"] = label_image(grid, organs.values());
  const Scene again =
      scene_of(supplied(label_map(std::move(rows)).set("position", "as_stored"), files));
  CHECK(grid_about(again, 6.0).size == grid.size);
  const vitrine::LabelMap organs_again = organ_map(again, grid, names);
  CHECK(std::equal(organs.values().begin(), organs.values().end(), organs_again.values().begin()));
  const Substance substance_again = substance_map(again, grid);
  std::vector<double> mass_again(mass.size());
  for (std::size_t v = 0; v < organs.values().size(); ++v)
    mass_again[organs.values()[v]] +=
        double(substance_again.density.values()[v]) * grid.voxel_volume();
  for (std::size_t n = 1; n < mass.size(); ++n) {
    CAPTURE(names[n - 1]);
    CHECK(mass_again[n] == Approx(mass[n]).epsilon(1e-6));
  }
}

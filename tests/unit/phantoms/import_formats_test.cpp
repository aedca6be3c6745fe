#include <catch2/catch.hpp>
#include <cmath>

#include "fake_files.hpp"
#include "support.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"
#include "vitrine/phantoms/voxelise.hpp"
#include "vitrine/physics/attenuation.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

Scene scene_of(const Pick<Anatomy>& anatomy) {
  SceneBuilder scene;
  anatomy->build(scene, Rng(make_stream(1, "case001", Draw::anatomy), 0), {});
  return std::move(scene).build();
}

/// The scene's HU at 70 keV by the attenuation that the projector uses.
Image hu_image(const Scene& scene, const Grid& grid) {
  std::vector<double> mu_over_rho;
  for (const Material& m : scene.materials)
    mu_over_rho.push_back(physics::mass_attenuation(m, 70.0));
  return object_image(scene, grid, mu_over_rho,
                      physics::linear_attenuation(material("water"), 70.0),
                      physics::linear_attenuation(material("air"), 70.0));
}

bool has(const std::string& text, const char* part) {
  CAPTURE(text, part);
  return text.find(part) != std::string::npos;
}

Value list(std::initializer_list<double> numbers) {
  Value::List all;
  for (const double n : numbers) all.push_back(Value(n));
  return Value(std::move(all));
}

Value texts(std::initializer_list<const char*> words) {
  Value::List all;
  for (const char* word : words) all.push_back(Value(word));
  return Value(std::move(all));
}

Value ramp_node(double hu, const char* name) {
  return Value().set("at_hu", hu).set("material", name);
}

/// Two materials on boxes that overlap by a column of voxels.
Value fractions() {
  return Value()
      .set("n_materials", 2.0)
      .set("mat_name", texts({"ncat_water", "ncat_dry_rib"}))
      .set("volumefractionmap_filename", texts({"a.raw", "b.raw"}))
      .set("volumefractionmap_datatype", texts({"float", "uint8"}))
      .set("cols", list({3, 2}))
      .set("rows", list({2, 2}))
      .set("slices", list({2, 2}))
      .set("x_size", list({2, 2}))
      .set("y_size", list({2, 2}))
      .set("z_size", list({5, 5}))
      .set("x_offset", list({2.5, 0.5}))
      .set("y_offset", list({1.5, 1.5}))
      .set("z_offset", list({1.5, 1.5}));
}

FakeFiles fraction_files() {
  FakeFiles files;
  files.documents["p.json"] = fractions();
  files.arrays["a.raw"] = {1, 1, 0.25f, 1, 1, 0.25f, 1, 1, 0.25f, 1, 1, 0.25f};
  files.arrays["b.raw"] = {0.5f, 1, 0.5f, 1, 0.5f, 1, 0.5f, 1};
  return files;
}

const Value fraction_phantom =
    kind("material_fractions").set("file", "p.json").set("position", "as_stored");

}  // namespace

TEST_CASE("a CT image that is imported and digitised has its CT numbers to 1 HU") {
  Grid grid;
  grid.size = {40, 30, 6};
  grid.spacing = Vec3(1.5, 2, 3);
  grid.axes = frame(Vec3(0.1, 0.2, 0.97).normalized());
  grid.origin = Vec3(-200, 30, 900);
  for (const bool custom : {false, true}) {
    Value node = kind("hu_volume").set("file", "ct.nii").set("position", "as_stored");
    if (custom)
      node.set("ramp", Value::List{ramp_node(-1000, "air"), ramp_node(0, "water"),
                                   ramp_node(4000, "tooth")});
    Image image(grid);
    for (Index k = 0; k < 6; ++k)
      for (Index j = 0; j < 30; ++j)  // every row is another mean, smooth along all axes
        for (Index i = 0; i < 40; ++i)
          image(i, j, k) =
              static_cast<float>(-1000.0 + 3.0 * double(i) + 127.0 * double(j) + 1.3 * double(k));
    FakeFiles files;
    files.images.emplace("ct.nii", image);
    const Scene scene = scene_of(supplied(node, files));
    const Image back = hu_image(scene, grid);
    double worst = 0.0;
    for (Index k = 1; k < 5; ++k)
      for (Index j = 1; j < 29; ++j)
        for (Index i = 1; i < 39; ++i)
          worst = std::max(worst, std::abs(double(back(i, j, k)) - double(image(i, j, k))));
    CAPTURE(custom);
    CHECK(worst < 1.0);
  }
}

TEST_CASE("the default ramp is continuous in density and right for common tissues") {
  FakeFiles files;
  Grid grid;
  grid.size = {4072, 2, 2};
  Image image(grid);
  for (std::size_t v = 0; v < image.values().size(); ++v)
    image.values()[v] = float(v % 4072) - 1000.0f;
  files.images.emplace("ct.nii", image);
  const Scene scene = scene_of(supplied(kind("hu_volume").set("file", "ct.nii"), files));
  const auto& entries = scene.maps.at(0).entries;
  REQUIRE(entries.size() == 4072);
  const auto density = [&](double hu) {
    double sum = 0.0;
    for (const Delta& delta : entries[std::size_t(hu + 1000.0)].deltas) {
      CHECK(delta.density > 0.0);
      sum += delta.density;
    }
    return sum / units::g_per_cm3;
  };
  for (double hu = -999; hu < 3071; ++hu) CHECK(std::abs(density(hu + 1) - density(hu)) < 0.004);
  CHECK(density(-1000) == Approx(0.001205).epsilon(1e-3));
  CHECK(density(-742) == Approx(0.26).epsilon(0.01));
  CHECK(density(-77) == Approx(0.95).epsilon(0.005));
  CHECK(density(43) == Approx(1.05).epsilon(0.005));
  CHECK(density(1560) == Approx(1.92).epsilon(0.005));
}

TEST_CASE("CT numbers below the ramp count as its first, those above it are refused") {
  Grid grid;
  grid.size = {4, 4, 4};
  FakeFiles files;
  Image image(grid, 40.0f);
  image(1, 1, 1) = -3024.0f;
  files.images.emplace("ct.nii", image);
  const Value node = kind("hu_volume").set("file", "ct.nii");
  CHECK(scene_of(supplied(node, files)).maps[0].index[21] == 0);
  files.images.at("ct.nii")(2, 2, 2) = 20000.0f;
  CHECK(has(complaint_about(node, files), "1 voxels have more than 11634 HU"));
  Value bad = node;
  bad.set("ramp", Value::List{ramp_node(0, "water"), ramp_node(0, "air")});
  CHECK(has(complaint_about(bad, files), "each larger"));
  bad = node;
  bad.set("ramp", Value::List{ramp_node(0, "water"), ramp_node(10, "watr")});
  CHECK(has(complaint_about(bad, files), "Did you mean 'water'?"));
}

TEST_CASE("lesions grow in the organs that a second image marks in a CT image") {
  Grid grid;
  grid.size = {60, 50, 50};
  grid.spacing = Vec3::Constant(2.0);
  Image image(grid);
  std::vector<std::uint16_t> marks;
  for (std::size_t v = 0; v < image.values().size(); ++v) {
    const auto i = Index(v) % 60;
    image.values()[v] = i < 30 ? -800.0f + float(v % 7) : 40.0f + float(v % 5);
    marks.push_back(i < 30 ? 3 : 0);
  }
  FakeFiles files;
  files.images.emplace("ct.nii", image);
  files.label_images["lungs.nii"] = label_image(grid, marks);
  const auto organ = [](double label) {
    return Value::List{
        Value().set("labels", list({label})).set("organ", "left_lung").set("host", "lung")};
  };
  Value node = kind("hu_volume").set("file", "ct.nii").set("organs_file", "lungs.nii");
  CHECK(has(complaint_about(node, files), "go together"));
  Cohort cohort;
  const Value marked = Value(node).set("organs", organ(3));
  cohort.anatomy = supplied(marked, files);
  LesionSpec spec;
  spec.shape = pick(lesion_shapes(), kind("sphere").set("diameter_mm", 12.0));
  cohort.lesions = {spec};
  const Scene scene = build_patient(cohort, 2, "case001", {}).scene;
  REQUIRE(scene.lesions.size() == 1);
  CHECK(scene.lesions[0].centre.x() < -6.0);  // its left half is not marked
  CHECK(organ_names(scene) ==
        std::vector<std::string>{"air", "lung", "adipose", "muscle", "left_lung", "lesion01"});
  Grid inside;
  inside.size = {5, 5, 5};
  inside.origin = scene.lesions[0].centre - Vec3::Constant(2.0);
  const Image seen = hu_image(scene, inside);
  for (const float hu : seen.values()) CHECK(double(hu) == Approx(30.0).margin(1.0));
  CHECK(
      has(complaint_about(Value(node).set("organs", organ(4)), files), "left_lung (the organ is"));
  files.label_images["lungs.nii"].grid.origin.x() += 1.0;
  CHECK(has(complaint_about(marked, files), "another grid"));
}

TEST_CASE("fractions of materials add up on one grid, wherever their volumes lie") {
  FakeFiles files = fraction_files();
  const Scene scene = scene_of(supplied(fraction_phantom, files));
  REQUIRE(scene.maps.size() == 1);
  const Grid& grid = scene.maps[0].grid;
  CHECK(grid.size == std::array<Index, 3>{4, 2, 2});
  CHECK(grid.origin == Vec3(-3.0, -1.0, -2.5));  // (1 - offset) x size
  const Substance all = substance_map(scene, grid);
  const double water = 1.0, bone = 1.92;
  const double expected[] = {water, water, 0.25 * water + 0.5 * bone, bone};
  for (Index i = 0; i < 4; ++i)
    CHECK(double(all.density(i, 1, 1)) / units::g_per_cm3 == Approx(expected[i]));
  const auto names = organ_names(scene);
  const vitrine::LabelMap organs = organ_map(scene, grid, names);
  CHECK(names[std::size_t(organs(2, 0, 0)) - 1] == "ncat_dry_rib");  // the larger share
  // Mirrored, given other materials and densities.
  Value other = fraction_phantom;
  other.set("flip", texts({"x"}));
  other.set("materials", Value::List{Value()
                                         .set("name", "ncat_dry_rib")
                                         .set("material", "liver")
                                         .set("density_g_per_cm3", 1.1)
                                         .set("organ", "my_liver")
                                         .set("host", "liver")});
  const Scene turned = scene_of(supplied(other, files));
  const Grid box = grid_about(turned, 2.0);
  CHECK(box.origin.x() == Approx(-3.0));
  const Substance flipped = substance_map(turned, grid_about(turned, 2.0));
  CHECK(double(flipped.density(0, 0, 2)) / units::g_per_cm3 == Approx(1.1));
}

TEST_CASE("fractions of more mixtures than there are entries are rounded") {
  FakeFiles files;
  constexpr double n = 300;
  std::vector<float> a, b;
  for (int v = 0; v < 90000; ++v) {
    a.push_back(float(v) / 90001.0f);
    b.push_back(1.0f - float(v) / 90001.0f);
  }
  files.arrays["a.raw"] = a;
  files.arrays["b.raw"] = b;
  Value document = fractions();
  for (auto& member : std::get<Value::Map>(document.data)) {
    const std::string& key = member.key;
    if (key == "cols" || key == "rows") member.value = list({n, n});
    if (key == "slices") member.value = list({1, 1});
    if (key == "x_offset" || key == "y_offset") member.value = list({150.5, 150.5});
    if (key == "z_offset") member.value = list({1, 1});
  }
  files.documents["p.json"] = document;
  const Scene scene = scene_of(supplied(fraction_phantom, files));
  const IndexedMap& map = scene.maps[0];
  CHECK(map.entries.size() < 65536);
  double mass = 0.0, expected = 0.0;
  for (std::size_t v = 0; v < 90000; ++v) {
    for (const Delta& delta : map.entries[map.index[v]].deltas) mass += delta.density;
    expected += (double(a[v]) * 1.0 + double(b[v]) * 1.92) * units::g_per_cm3;
  }
  CHECK(mass == Approx(expected).epsilon(1e-5));
}

TEST_CASE("mistakes in a fraction phantom are named") {
  FakeFiles files = fraction_files();
  const auto changed = [&](const char* key, Value value) {
    const Value whole = fractions();
    Value document(Value::Map{});
    for (const auto& member : *whole.as<Value::Map>())
      if (member.key != key) document.set(member.key, member.value);
    if (!value.empty()) document.set(key, std::move(value));
    files.documents["p.json"] = document;
    return complaint_about(fraction_phantom, files);
  };
  CHECK(has(changed("mat_name", {}), "'mat_name' is missing"));
  CHECK(has(changed("n_materials", Value(2.5)), "whole number"));
  CHECK(has(changed("n_materials", Value(3.0)), "one element for each of the 3"));
  CHECK(has(changed("cols", list({3, -2})), "1 to 65535"));
  CHECK(has(changed("cols", list({3, 3})), "cut short"));
  CHECK(has(changed("x_size", list({2, 3})), "another size"));
  CHECK(has(changed("x_offset", list({2.5, 0.7})), "between those of others"));
  CHECK(has(changed("mat_name", texts({"ncat_water", "unobtainium"})),
            "'unobtainium' is no known material"));
  CHECK(has(changed("volumefractionmap_datatype", texts({"float", "complex"})), "'complex'"));
  CHECK(has(changed("z_size", texts({"a", "b"})), "must be a number"));
  files.documents["p.json"] = fractions();
  files.arrays["b.raw"][1] = -0.5f;
  CHECK(has(complaint_about(fraction_phantom, files), "voxel (1, 0, 0) has a share of -0.5"));
  files.arrays["b.raw"][1] = std::nanf("");
  CHECK(has(complaint_about(fraction_phantom, files), "voxel (1, 0, 0) has a share of nan"));
  files.arrays["b.raw"][1] = 1.0f;
  files.arrays["b.raw"][0] = 0.9f;
  CHECK(has(complaint_about(fraction_phantom, files), "all materials together 1.15"));
}

TEST_CASE("a fraction phantom with anything changed is read or refused") {
  FakeFiles files = fraction_files();
  Rng rng(make_stream(7, "fractions", Draw::test), 0);
  const std::vector<double> numbers{-1.0, 0.0, 0.5, 2.0, 65535.0, 1e9, -1e30, 1e300};
  const auto odd = [&]() -> Value {
    switch (rng.below(6)) {
      case 0:
        return Value();
      case 1:
        return Value("x");
      case 2:
        return Value(true);
      case 3:
        return list({2, 2, 2});
      case 4:
        return Value(numbers[rng.below(numbers.size())]);
      default:
        return list({numbers[rng.below(numbers.size())], 2});
    }
  };
  int refused = 0;
  for (int n = 0; n < 600; ++n) {
    Value document = fractions();
    auto& members = std::get<Value::Map>(document.data);
    members[rng.below(members.size())].value = odd();
    if (n % 3 == 0) members[rng.below(members.size())].value = odd();
    files.documents["p.json"] = document;
    refused += !complaint_about(fraction_phantom, files).empty();
  }
  CHECK(refused > 400);
}

TEST_CASE("a scene file builds what the scene builder builds from the same solids") {
  const auto object = [](const char* name, Value solid, const char* of) {
    return Value().set("name", name).set("solid", std::move(solid)).set("material", of);
  };
  const Value up = Value().set("normal", list({0, 0, 2})).set("offset_mm", 10.0);
  const Value node =
      kind("analytic_scene")
          .set(
              "objects",
              Value::List{
                  object("body", kind("cylinder").set("half_axes_mm", list({90, 70, 60})), "water"),
                  object("rod",
                         kind("box")
                             .set("half_axes_mm", list({10, 30, 20}))
                             .set("centre_mm", list({20, 0, 5}))
                             .set("rotation_deg", list({0, 0, 30})),
                         "pmma"),
                  object("egg",
                         kind("ellipsoid")
                             .set("half_axes_mm", list({20, 12, 9}))
                             .set("centre_mm", list({25, 5, 0}))
                             .set("rotation_deg", list({90, 0, 0})),
                         "lung")
                      .set("density_g_per_cm3", 0.3)
                      .set("host", "lung"),
                  object("ball",
                         kind("sphere")
                             .set("radius_mm", 15.0)
                             .set("centre_mm", list({-30, 0, 0}))
                             .set("cuts", Value::List{up}),
                         "cortical_bone"),
                  object("wire",
                         kind("capsule")
                             .set("from_mm", list({-50, 20, -20}))
                             .set("to_mm", list({-20, 30, 20}))
                             .set("radius_mm", 3.0),
                         "aluminium"),
                  object("tip",
                         kind("cone")
                             .set("from_mm", list({0, -40, -30}))
                             .set("to_mm", list({10, -20, 25}))
                             .set("radius_from_mm", 12.0)
                             .set("radius_to_mm", 0.0),
                         "muscle")});
  FakeFiles files;
  const Scene scene = scene_of(supplied(node, files));
  SceneBuilder by_hand;
  by_hand.begin_organ("body");
  by_hand.place(cylinder(Vec3::Zero(), Vec3(90, 70, 60)), "water");
  by_hand.begin_organ("rod");
  Solid box;
  box.kind = Solid::Kind::box;
  box.centre = Vec3(20, 0, 5);
  box.half_axes = Vec3(10, 30, 20);
  box.axes << std::sqrt(0.75), -0.5, 0, 0.5, std::sqrt(0.75), 0, 0, 0, 1;
  by_hand.place(box, "pmma");
  by_hand.begin_organ("egg");  // turned about x: its y becomes z
  by_hand.place(ellipsoid(Vec3(25, 5, 0), Vec3(20, 9, 12)), "lung", 0.3 * units::g_per_cm3);
  by_hand.begin_organ("ball");
  by_hand.place(cut(ellipsoid(Vec3(-30, 0, 0), Vec3::Constant(15)), Vec3(0, 0, 10), Vec3::UnitZ()),
                "cortical_bone");
  by_hand.begin_organ("wire");
  by_hand.place(capsule(Vec3(-50, 20, -20), Vec3(-20, 30, 20), 3.0), "aluminium");
  by_hand.begin_organ("tip");
  by_hand.place(cone(Vec3(0, -40, -30), Vec3(10, -20, 25), 12.0, 0.0), "muscle");
  const Scene expected = std::move(by_hand).build();
  const Grid grid = grid_about(expected, 2.3);
  const Substance one = substance_map(scene, grid), two = substance_map(expected, grid);
  std::size_t different = 0;
  for (std::size_t v = 0; v < one.density.values().size(); ++v)
    different += std::abs(one.density.values()[v] - two.density.values()[v]) > 1e-9f;
  CHECK(different == 0);
  const auto names = organ_names(scene);
  CHECK(names == organ_names(expected));
  const auto organs = organ_map(scene, grid, names), organs_too = organ_map(expected, grid, names);
  CHECK(std::equal(organs.values().begin(), organs.values().end(), organs_too.values().begin()));
}

TEST_CASE("mistakes in a scene file are named") {
  FakeFiles files;
  const auto said = [&](Value solid, const char* of = "water") {
    return complaint_about(kind("analytic_scene")
                               .set("objects", Value::List{Value()
                                                               .set("name", "thing")
                                                               .set("solid", std::move(solid))
                                                               .set("material", of)}),
                           files);
  };
  CHECK(said(kind("sphere").set("radius_mm", 5.0)).empty());
  CHECK(
      has(said(kind("sphere").set("radius_mm", 5.0), "watre"), "thing: unknown material 'watre'"));
  CHECK(has(said(kind("sphere").set("radius_mm", -5.0)), "out of range"));
  CHECK(has(said(kind("sphere")), "'radius_mm' is missing"));
  CHECK(has(said(kind("shere").set("radius_mm", 5.0)), "Did you mean 'sphere'?"));
  CHECK(has(said(kind("box").set("half_axes_mm", list({1, 2}))), "3 numbers"));
  CHECK(
      has(said(kind("sphere")
                   .set("radius_mm", 5.0)
                   .set("cuts",
                        Value::List{Value().set("normal", list({0, 0, 0})).set("offset_mm", 1.0)})),
          "normal must not be zero"));
  CHECK(has(complaint_about(kind("analytic_scene").set("objects", Value::List{}), files),
            "at least one solid"));
}

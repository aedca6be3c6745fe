#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <string>
#include <vector>

#include "support.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/truth.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

LesionSpec lesions(const std::string& shape, double count, const std::string& texture) {
  LesionSpec spec;
  spec.count = Distribution(count);
  spec.shape = pick(lesion_shapes(), Value(shape));
  spec.texture = pick(lesion_textures(), Value(texture));
  return spec;
}

Cohort cohort(const std::string& anatomy, std::vector<LesionSpec> specs) {
  Cohort all;
  all.anatomy = pick(anatomies(), Value(anatomy));
  all.lesions = std::move(specs);
  return all;
}

/// Where the first lesions of an anatomy grow.
std::string first_host(const std::string& anatomy) {
  SceneBuilder scene;
  const Rng rng(make_stream(1, "case001", Draw::anatomy), 0);
  return pick(anatomies(), Value(anatomy))->build(scene, rng, {}).hosts.front().organ;
}

std::map<std::uint32_t, double> densities(const Scene& scene, const Vec3& point) {
  std::map<std::uint32_t, double> sum;
  for (const Term& term : scene.terms) {
    const auto holds = [&](std::uint32_t s) { return contains(scene.solids[s], point); };
    if (std::all_of(term.solids.begin(), term.solids.end(), holds))
      for (const Delta& delta : term.deltas) sum[delta.material] += delta.density;
  }
  std::erase_if(sum, [](const auto& each) { return std::abs(each.second) < 1e-13; });
  return sum;
}

Grid box_about(const LesionTruth& lesion, double reach, double spacing) {
  Grid grid;
  const Index n = 2 * Index(std::ceil(reach / spacing)) + 1;
  grid.size = {n, n, n};
  grid.spacing = Vec3::Constant(spacing);
  grid.origin = lesion.centre - Vec3::Constant(0.5 * double(n - 1) * spacing + 0.13);
  return grid;
}

/// The anatomies that lesions can grow in: all but test phantoms.
std::vector<std::string> bodies() {
  std::vector<std::string> kinds = whole_kinds(anatomies());
  std::erase_if(kinds, [](const std::string& kind) {
    SceneBuilder scene;
    const Rng rng(make_stream(5, "case001", Draw::anatomy), 0);
    return pick(anatomies(), Value(kind))->build(scene, rng, {}).hosts.empty();
  });
  return kinds;
}

}  // namespace

TEST_CASE("every point of every anatomy holds one material or none", "[full]") {
  for (const std::string& kind : bodies()) {
    const Patient patient = build_patient(cohort(kind, {}), 5, "case001", {});
    Rng rng(make_stream(1, "points", Draw::test), 0);
    int held = 0;
    for (int i = 0; i < 1500; ++i) {
      const double x = rng.uniform(-150, 150), y = rng.uniform(-100, 100);
      const auto here = densities(patient.scene, Vec3(x, y, rng.uniform(-120, 110)));
      INFO(kind << " at " << x << ", " << y);
      REQUIRE(here.size() <= 1);
      for (const auto& [m, density] : here) REQUIRE((density > 0.0 && density < 3e-3));
      held += int(here.size());
    }
    CHECK(held > 400);  // the body fills much of that box
  }
}

TEST_CASE("the same seed gives the same patient, another case another one", "[full]") {
  for (const std::string& kind : bodies()) {
    LesionSpec spec = lesions("lobulated", 2, "solid");
    spec.organ = first_host(kind);
    const Cohort all = cohort(kind, {spec});
    const Patient a = build_patient(all, 5, "case001", {});
    const Patient b = build_patient(all, 5, "case001", {});
    const Patient other = build_patient(all, 5, "case002", {});
    REQUIRE(a.scene.solids.size() == b.scene.solids.size());
    for (std::size_t i = 0; i < a.scene.solids.size(); ++i) {
      REQUIRE(a.scene.solids[i].centre == b.scene.solids[i].centre);
      REQUIRE(a.scene.solids[i].half_axes == b.scene.solids[i].half_axes);
    }
    CHECK(a.parameters == b.parameters);
    CHECK(a.parameters != other.parameters);
  }
}

TEST_CASE("a further kind of lesion changes neither the anatomy nor the earlier lesions") {
  const LesionSpec first = lesions("sphere", 1, "uniform");
  const Patient one = build_patient(cohort("thorax", {first}), 5, "case003", {});
  const Patient two = build_patient(cohort("thorax", {first, lesions("ellipsoid", 1, "uniform")}),
                                    5, "case003", {});
  CHECK(one.parameters == two.parameters);
  REQUIRE(two.scene.lesions.size() == 2);
  CHECK(one.scene.lesions[0].centre == two.scene.lesions[0].centre);
  CHECK(one.scene.lesions[0].volume == two.scene.lesions[0].volume);
}

TEST_CASE("breathing moves lesions and keeps their size") {
  const Cohort all = cohort("thorax", {lesions("lobulated", 2, "uniform")});
  const Patient usual = build_patient(all, 7, "case001", {});
  const Patient deep = build_patient(all, 7, "case001", {1.05});
  REQUIRE(usual.scene.lesions.size() == deep.scene.lesions.size());
  for (std::size_t i = 0; i < usual.scene.lesions.size(); ++i) {
    const LesionTruth& a = usual.scene.lesions[i];
    const LesionTruth& b = deep.scene.lesions[i];
    CHECK((a.centre - b.centre).norm() > 0.5);
    CHECK((a.centre - b.centre).norm() < 20.0);
    CHECK(b.volume == Approx(a.volume).epsilon(1e-4));
  }
}

TEST_CASE("every host of every anatomy takes a lesion of 10 mm", "[full]") {
  for (const std::string& kind : whole_kinds(anatomies())) {
    SceneBuilder body;
    const Rng rng(make_stream(1, "case001", Draw::anatomy), 0);
    for (const Host& host : pick(anatomies(), Value(kind))->build(body, rng, {}).hosts)
      for (const char* id : {"case001", "case002", "case003"}) {
        LesionSpec spec = lesions("ellipsoid", 1, "uniform");
        spec.organ = host.organ;
        INFO(kind << ", " << host.organ << ", " << id);
        const Patient patient = build_patient(cohort(kind, {spec}), 2, id, {});
        REQUIRE(patient.scene.lesions.size() == 1);
        CHECK(patient.scene.lesions[0].organ == host.organ);
      }
  }
}

TEST_CASE("lesions lie apart from one another and in the lung") {
  const Cohort all = cohort("thorax", {lesions("sphere", 3, "uniform")});
  for (const char* id : {"case001", "case002", "case003"}) {
    const Scene scene = build_patient(all, 11, id, {}).scene;
    for (std::size_t i = 0; i < scene.lesions.size(); ++i) {
      const LesionTruth& a = scene.lesions[i];
      for (std::size_t j = i + 1; j < scene.lesions.size(); ++j) {
        const LesionTruth& b = scene.lesions[j];
        CHECK((a.centre - b.centre).norm() >
              0.5 * (a.longest_axial_diameter + b.longest_axial_diameter));
      }
      const bool in_lung =
          std::any_of(scene.organs.begin(), scene.organs.end(), [&](const Organ& o) {
            return o.name.starts_with("lung") &&
                   std::any_of(o.solids.begin(), o.solids.end(),
                               [&](auto s) { return contains(scene.solids[s], a.centre); });
          });
      CHECK(in_lung);
    }
  }
}

TEST_CASE("a ball's truth is the ball's") {
  const Solid ball{Solid::Kind::ellipsoid, Vec3(3, -2, 7), Vec3::Constant(6.3), {}, {}};
  Solid round = ball;
  round.axes = Mat3::Identity();
  const Extent extent = measure_union(std::vector<Solid>{round});
  CHECK(extent.volume == Approx(4.0 / 3.0 * std::numbers::pi * 6.3 * 6.3 * 6.3).epsilon(1e-4));
  CHECK(extent.longest_axial_diameter == Approx(12.6).epsilon(2e-3));
  CHECK(extent.short_axis == Approx(12.6).epsilon(5e-3));
}

TEST_CASE("the union of two balls has the volume of both less their lens") {
  const double r = 5.0, d = 6.0;
  Solid a;
  a.half_axes = Vec3::Constant(r);
  Solid b = a;
  b.centre = Vec3(0, d, 0);
  const double ball = 4.0 / 3.0 * std::numbers::pi * r * r * r;
  const double lens = std::numbers::pi * (4.0 * r + d) * (2.0 * r - d) * (2.0 * r - d) / 12.0;
  const Extent extent = measure_union(std::vector<Solid>{a, b});
  CHECK(extent.volume == Approx(2.0 * ball - lens).epsilon(1e-4));
  CHECK(extent.longest_axial_diameter == Approx(2.0 * r + d).epsilon(2e-3));
}

TEST_CASE("a lesion's mask holds the voxels that are at least half inside") {
  const Scene scene =
      build_patient(cohort("thorax", {lesions("lobulated", 1, "uniform")}), 3, "c", {}).scene;
  const Grid grid = box_about(scene.lesions[0], 12.0, 0.8);
  const Mask mask = lesion_mask(scene, 0, grid);
  const auto fraction = occupancy(scene, scene.lesions[0].solids, grid);
  for (std::size_t i = 0; i < mask.values().size(); ++i)
    REQUIRE((mask.values()[i] == 1) == (fraction.values()[i] >= 0.5f - 1e-6f));
}

TEST_CASE("the object image of a sharp uniform nodule has its CT number inside") {
  Cohort all = cohort("thorax", {lesions("sphere", 1, "uniform")});
  all.lesions[0].attenuation = Distribution(-100.0);
  all.lesions[0].margin = Distribution(0.0);
  const Scene scene = build_patient(all, 3, "c", {}).scene;
  Grid grid = box_about(scene.lesions[0], 1.5, 0.5);
  std::vector<double> mu_over_rho(scene.materials.size(), 19.2);
  for (std::size_t m = 0; m < scene.materials.size(); ++m)
    if (scene.materials[m].name == "muscle") mu_over_rho[m] = 19.16;  // 70 keV, mm^2/g
  const Image image = object_image(scene, grid, mu_over_rho, 0.01929, 0.01929 * 0.0012);
  for (const float hu : image.values()) CHECK(double(hu) == Approx(-100.0).margin(1.5));
}

TEST_CASE("every texture has mean 0, variance 1 over 500 seeds and forgets over its length",
          "[full]") {
  Grid grid;
  grid.size = {9, 9, 9};
  grid.spacing = Vec3::Constant(0.75);
  const std::size_t centre = 4 * 81 + 4 * 9 + 4;
  for (const std::string& kind : lesion_textures().kinds()) {
    const auto texture = pick(lesion_textures(), Value(kind));
    if (texture->heterogeneity().highest() == 0.0) continue;
    double mean = 0.0, variance = 0.0, near = 0.0, far = 0.0;
    constexpr int seeds = 500;  // of 9^3 voxels
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      std::vector<float> field(729);
      texture->fill(grid, Rng(make_stream(seed, "texture", Draw::texture), 0), field);
      const double here = double(field[centre]);
      mean += here / seeds;
      variance += here * here / seeds;
      near += here * double(field[centre + 2]) / seeds;            // 1.5 mm
      far += here * double(field[centre + 4 + 36 + 324]) / seeds;  // 5.2 mm
    }
    INFO(kind);
    CHECK(std::abs(mean) < 4.0 / std::sqrt(500.0));
    CHECK(variance == Approx(1.0).margin(4.0 * std::sqrt(2.0 / 500.0)));
    if (kind != "solid") continue;
    CHECK(near == Approx(math::exp(-0.5)).margin(0.2));  // at the default length of 1.5 mm
    CHECK(std::abs(far) < 0.2);
  }
}

TEST_CASE("the strength of a texture is drawn by lesion and scales its field alone") {
  const auto with = [](Distribution heterogeneity, const char* id) {
    Cohort all = cohort("thorax", {lesions("sphere", 2, "solid")});
    const Value settings = Value().set("kind", Value("solid"));
    Value texture = settings;
    texture.set("heterogeneity_hu", heterogeneity.write(1.0));
    all.lesions[0].texture = pick(lesion_textures(), texture);
    return build_patient(all, 3, id, {});
  };
  const Patient ten = with(Distribution(10.0), "c"), twenty = with(Distribution(20.0), "c"),
                drawn = with(Distribution::uniform(10.0, 20.0), "c"),
                other = with(Distribution::uniform(10.0, 20.0), "d");
  CHECK(ten.heterogeneity == std::vector<double>{10.0, 10.0});
  REQUIRE(drawn.heterogeneity.size() == 2);
  for (const double h : drawn.heterogeneity) CHECK((h > 10.0 && h < 20.0));
  CHECK(drawn.heterogeneity[0] != drawn.heterogeneity[1]);
  CHECK(drawn.heterogeneity != other.heterogeneity);
  CHECK(drawn.heterogeneity == with(Distribution::uniform(10.0, 20.0), "c").heterogeneity);
  // The lesions and their fields are the same, the first field so many times as strong.
  REQUIRE(ten.scene.patches.size() == 2);
  REQUIRE(drawn.scene.patches.size() == 2);
  CHECK(drawn.scene.lesions[1].centre == ten.scene.lesions[1].centre);
  const auto& weak = ten.scene.patches[0].channels.front().density;
  const auto& strong = twenty.scene.patches[0].channels.front().density;
  const auto& own = drawn.scene.patches[0].channels.front().density;
  REQUIRE(own.size() == weak.size());
  double most = 0.0;
  for (std::size_t i = 0; i < weak.size(); ++i) {
    most = std::max(most, std::fabs(double(weak[i])));
    CHECK(double(strong[i]) == Approx(2.0 * double(weak[i])).epsilon(1e-4).margin(1e-12));
    CHECK(double(own[i]) ==
          Approx(drawn.heterogeneity[0] / 10.0 * double(weak[i])).epsilon(1e-4).margin(1e-12));
  }
  CHECK(most > 0.0);
}

TEST_CASE("whether textures differ in strength is known of a cohort and its strata") {
  Cohort all = cohort("thorax", {lesions("sphere", 1, "solid")});
  CHECK_FALSE(draws_heterogeneity(all));
  CohortStratum ill;
  ill.name = "ill";
  ill.count = 2;
  ill.lesions = all.lesions;
  ill.lesions->front().texture = pick(
      lesion_textures(), Value()
                             .set("kind", Value("power_law"))
                             .set("heterogeneity_hu", Distribution::normal(20.0, 3.0).write(1.0)));
  all.strata.push_back(ill);
  CHECK(draws_heterogeneity(all));
}

TEST_CASE("every catalogue entry is made from its kind alone and echoes itself") {
  const auto check = [](const auto& catalogue) {
    for (const std::string& kind : whole_kinds(catalogue)) {
      const auto made = pick(catalogue, Value().set("kind", kind));
      CHECK(to_json(pick(catalogue, made.canonical).canonical) == to_json(made.canonical));
    }
  };
  check(anatomies());
  check(lesion_shapes());
  check(lesion_textures());
  check(lesion_compositions());
}

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include "support.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/lesion_paint.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/phantoms/solids.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;

namespace {

constexpr double lung_density = 0.26e-3;  // g/mm^3

Rng numbers(std::uint64_t seed) { return Rng(make_stream(seed, "lesion", Draw::test), 0); }

double ball_volume(double diameter) {
  return std::numbers::pi / 6.0 * diameter * diameter * diameter;
}

Outline ball(double diameter) {
  return {{ellipsoid(Vec3::Zero(), Vec3::Constant(0.5 * diameter))}, {}};
}

/// Nothing but lung, and a vessel through its middle if asked for.
SceneBuilder block_of_lung(bool vessel = false) {
  SceneBuilder scene;
  scene.begin_organ("lung_left");
  Solid block;
  block.kind = Solid::Kind::box;
  block.half_axes = Vec3::Constant(60.0);
  scene.place(block, "lung", lung_density);
  if (vessel) {
    scene.begin_organ("lung_vessels");
    scene.place(capsule(Vec3(-40, 2, 1), Vec3(40, 3, -2), 1.5), "blood");
  }
  return scene;
}

/// A lesion with 30 HU of tissue in that block.
LesionPlan plan_of(const Outline& outline, const Value& composition, double margin = 0.0) {
  const auto made = pick(lesion_compositions(), composition);
  LesionPlan plan{.id = "lesion01",
                  .organ = "lung",
                  .lobe = {},
                  .shape = "test",
                  .composition = "test",
                  .layers = {},
                  .host_material = "lung",
                  .texture_rng = numbers(1)};
  plan.layers = made->layers({outline, 30.0, "lung", lung_density}, numbers(2));
  plan.centre = Vec3(0.3, -0.2, 0.1);
  plan.margin = margin;
  plan.host_density = lung_density;
  return plan;
}

Scene painted(SceneBuilder scene, const LesionPlan& plan) {
  paint(scene, plan);
  return std::move(scene).build();
}

Grid box_of(const Vec3& centre, double half, double spacing) {
  Grid grid;
  const auto n = Index(std::ceil(2.0 * half / spacing));
  grid.size = {n, n, n};
  grid.spacing = Vec3::Constant(spacing);
  grid.origin = centre - Vec3::Constant(0.5 * double(n - 1) * spacing);
  return grid;
}

/// Mean density of a material in each voxel, g/mm^3 (every material if none is named).
Image density_image(const Scene& scene, const Grid& grid, const std::string& material) {
  std::vector<double> weights;
  for (const Material& m : scene.materials)
    weights.push_back(material.empty() || m.name == material ? 1.0 : 0.0);
  return object_image(scene, grid, weights, 0.0, -1000.0);  // HU become the density
}

double mass(const Scene& scene, const Grid& grid, const std::string& material) {
  double sum = 0.0;
  const Image image = density_image(scene, grid, material);
  for (const float v : image.values()) sum += double(v);
  return sum * grid.voxel_volume();
}

double half_width(const Scene& scene) {  // of a box that holds the lesion
  const LesionTruth& truth = scene.lesions.front();
  double half = truth.map ? 0.5 * double(truth.map->grid.size[0]) * truth.map->grid.spacing.x() : 0;
  for (const auto s : truth.solids)
    half = std::max(
        half, (scene.solids[s].centre - truth.centre).norm() + bounding_radius(scene.solids[s]));
  return half + 1.0;
}

double occupied(const Scene& scene, const Grid& grid) {
  double sum = 0.0;
  const auto share = occupancy(scene, scene.lesions.front(), grid);
  for (const float v : share.values()) sum += double(v);
  return sum * grid.voxel_volume();
}

double hu_of(const LesionTruth& truth, const std::string& name) {
  for (const LesionPart& part : truth.parts)
    if (part.name == name) return part.attenuation;
  FAIL("no part " << name);
  return 0.0;
}

}  // namespace

TEST_CASE("every shape has the volume of the ball of its diameter", "[full]") {
  for (const std::string& name : lesion_shapes().kinds())
    for (const double diameter : {4.0, 9.0}) {
      const auto shape = pick(lesion_shapes(), kind(name).set("diameter_mm", diameter));
      Rng rng = numbers(5);
      const Scene scene = painted(block_of_lung(), plan_of(shape->outline(rng), kind("solid")));
      INFO(name << " of " << diameter << " mm");
      CHECK(scene.lesions.front().volume == Approx(ball_volume(diameter)).epsilon(2e-3));
    }
}

TEST_CASE("a 6 mm sphere on its 0.25 mm grid keeps its volume at 100 offsets") {
  const Scene scene = painted(block_of_lung(), plan_of(ball(6.0), kind("solid")));
  double mean = 0.0, worst = 0.0;
  Rng rng = numbers(7);
  for (int i = 0; i < 100; ++i) {
    const double x = rng.uniform(), y = rng.uniform();
    const Vec3 offset = 0.25 * Vec3(x, y, rng.uniform());
    const double found = occupied(scene, box_of(scene.lesions[0].centre + offset, 3.5, 0.25));
    const double error = std::abs(found / ball_volume(6.0) - 1.0);
    mean += error / 100;
    worst = std::max(worst, error);
  }
  INFO("mean " << mean << ", worst " << worst);
  CHECK(mean < 1e-3);   // required: 0.5 %
  CHECK(worst < 2e-3);  // required: 1 %
}

TEST_CASE("the volume of every shape converges with order 1.5 or better as voxels shrink") {
  for (const std::string& name : lesion_shapes().kinds()) {
    const auto shape = pick(lesion_shapes(), kind(name).set("diameter_mm", 8.0));
    Rng rng = numbers(9);
    const Scene scene = painted(block_of_lung(), plan_of(shape->outline(rng), kind("solid")));
    const LesionTruth& truth = scene.lesions.front();
    std::vector<double> errors;
    for (const double spacing : {2.0, 0.5}) {
      double squares = 0.0;
      for (int i = 0; i < 6; ++i) {
        const double x = rng.uniform(), y = rng.uniform();
        const Vec3 offset = spacing * Vec3(x, y, rng.uniform());
        const double found =
            occupied(scene, box_of(truth.centre + offset, half_width(scene) + spacing, spacing));
        squares += (found / truth.volume - 1.0) * (found / truth.volume - 1.0) / 6;
      }
      errors.push_back(std::sqrt(squares));
    }
    INFO(name << ": " << errors[0] << " at 2 mm, " << errors[1] << " at 0.5 mm");
    CHECK(errors[1] < std::max(errors[0] / 8.0, 2e-4));
    CHECK(errors[0] < 0.02);
  }
}

TEST_CASE("a lesion's mass is the density of its parts times their volumes", "[full]") {
  for (const std::string& name : lesion_compositions().kinds())
    for (const char* shape_name : {"sphere", "irregular"}) {
      if (shape_name == std::string("irregular") && !name.starts_with("ca") &&
          name != "part_solid" && name != "rim_enhancing")
        continue;  // to save time: what a patch does with them it does with these
      const auto shape = pick(lesion_shapes(), kind(shape_name).set("diameter_mm", 8.0));
      Rng rng = numbers(3);
      Value composition = kind(name);
      if (name == "cavitary") composition.set("wall_mm", 1.5);
      const Scene scene = painted(block_of_lung(), plan_of(shape->outline(rng), composition));
      const LesionTruth& truth = scene.lesions.front();
      const Grid grid = box_of(truth.centre, half_width(scene), 0.5);
      double volume = 0.0, parts = 0.0;
      for (const LesionPart& part : truth.parts) {
        REQUIRE(part.volume > 0.0);
        volume += part.volume;
        parts += part.volume * part.density;
      }
      INFO(name << ", " << shape_name << ", " << scene.terms.size() << " terms");
      CHECK(volume == Approx(truth.volume).epsilon(1e-4));
      CHECK(truth.density * truth.volume == Approx(parts));
      const double box = double(grid.count()) * grid.voxel_volume();
      const double found = mass(scene, grid, "") - lung_density * (box - truth.volume);
      CHECK(found == Approx(parts).epsilon(1e-3));
    }
}

TEST_CASE("no voxel of a lesion has a negative density or one above its densest part", "[full]") {
  for (const std::string& name : lesion_compositions().kinds())
    for (const std::string& shape_name : lesion_shapes().kinds()) {
      const auto shape = pick(lesion_shapes(), kind(shape_name).set("diameter_mm", 14.0));
      Rng rng = numbers(4);
      const Outline outline = shape->outline(rng);
      Value composition = kind(name);
      if (name == "cavitary") composition.set("wall_mm", 1.0);
      if (name == "rim_enhancing") composition.set("rim_mm", 1.0);
      const Scene scene = painted(block_of_lung(), plan_of(outline, composition, 1.0));
      const LesionTruth& truth = scene.lesions.front();
      double densest = lung_density;
      for (const LesionPart& part : truth.parts) densest = std::max(densest, part.density);
      const Image image = density_image(scene, box_of(truth.centre, half_width(scene), 0.6), "");
      const auto [low, high] = std::minmax_element(image.values().begin(), image.values().end());
      INFO(name << ", " << shape_name);
      CHECK(double(*low) > -1e-8);
      CHECK(double(*high) < densest + 1e-7);
    }
}

TEST_CASE("the cavity of a sphere is the sphere that its wall leaves") {
  const Value cavity = kind("cavitary").set("wall_mm", 2.5);
  const Scene scene = painted(block_of_lung(), plan_of(ball(14.0), cavity));
  const LesionTruth& truth = scene.lesions.front();
  REQUIRE(truth.parts.size() == 2);
  CHECK(truth.parts[1].volume == Approx(ball_volume(9.0)).epsilon(1e-4));
  CHECK(truth.parts[0].volume == Approx(ball_volume(14.0) - ball_volume(9.0)).epsilon(2e-4));
  CHECK(hu_of(truth, "cavity") == Approx(-1000.0).margin(0.1));
  CHECK(hu_of(truth, "wall") == Approx(30.0).margin(0.1));
  CHECK_THROWS_WITH(plan_of(ball(4.0), cavity), Catch::Contains("no inside left"));
}

TEST_CASE("the wanted CT numbers and shares are those of the parts") {
  const auto truth_of = [](const Value& composition) {
    return painted(block_of_lung(), plan_of(ball(16.0), composition)).lesions.front();
  };
  CHECK(hu_of(truth_of(kind("ground_glass").set("attenuation_hu", -500.0)), "ground_glass") ==
        Approx(-500.0));
  const LesionTruth part = truth_of(kind("part_solid").set("solid_share", 0.25));
  CHECK(part.parts[1].volume == Approx(0.25 * part.volume).epsilon(5e-3));
  CHECK(hu_of(truth_of(kind("calcified").set("calcium_hu", 900.0)), "calcium") == Approx(900.0));
  CHECK(hu_of(truth_of(kind("necrotic_core").set("core_hu", 8.0)), "core") == Approx(8.0));
  // 2 mg/ml of iodine: 26 HU each at 70 keV (mass attenuation 5.02 cm^2/g).
  CHECK(hu_of(truth_of(kind("rim_enhancing")), "rim") == Approx(30.0 + 52.1).margin(0.3));
  for (const char* pattern : {"central", "popcorn", "laminated", "diffuse"}) {
    const LesionTruth truth = truth_of(kind("calcified").set("pattern", pattern));
    double calcium = 0.0;
    for (const LesionPart& each : truth.parts)
      if (each.attenuation > 500.0) calcium += each.volume / truth.volume;
    INFO(pattern << ": " << calcium);
    CHECK(calcium > (pattern == std::string("popcorn") ? 0.005 : 0.15));
  }
}

TEST_CASE("vessels run on through ground glass and end at a solid lesion", "[full]") {
  for (const char* shape_name : {"sphere", "lobulated", "irregular"}) {
    const auto shape = pick(lesion_shapes(), kind(shape_name).set("diameter_mm", 10.0));
    Rng rng = numbers(3);
    const Outline outline = shape->outline(rng);
    const Scene bare = block_of_lung(true).build();
    const Scene glass = painted(block_of_lung(true), plan_of(outline, kind("ground_glass")));
    const Scene solid = painted(block_of_lung(true), plan_of(outline, kind("solid")));
    const Grid grid = box_of(glass.lesions[0].centre, half_width(glass), 0.5);
    INFO(shape_name);
    CHECK(mass(glass, grid, "blood") == Approx(mass(bare, grid, "blood")).epsilon(1e-6));
    CHECK(mass(solid, grid, "blood") < 0.7 * mass(bare, grid, "blood"));
    CHECK(mass(solid, grid, "muscle") ==
          Approx(solid.lesions[0].volume * solid.lesions[0].density).epsilon(1e-3));
    // Every point holds lung, or blood, or lesion: volumes at bulk density sum to the box.
    const double box = double(grid.count()) * grid.voxel_volume();
    const double shares = mass(solid, grid, "blood") / 1.06e-3 +
                          mass(solid, grid, "lung") / lung_density +
                          mass(solid, grid, "muscle") / solid.lesions[0].density;
    CHECK(shares == Approx(box).epsilon(2e-4));
  }
}

TEST_CASE("thickening scales one material in a union and leaves the others") {
  SceneBuilder scene = block_of_lung(true);
  std::vector<Solid> balls;
  for (const Vec3& c : {Vec3(0, 0, 0), Vec3(5, 1, 0), Vec3(2, 4, 3)})
    balls.push_back(ellipsoid(c, Vec3::Constant(6.0)));
  scene.thicken(balls, "lung", 1.7);
  const Solid vessel = scene.solids()[1];
  const Scene built = std::move(scene).build();
  Rng rng = numbers(8);
  for (int i = 0; i < 3000; ++i) {
    const double x = rng.uniform(-12, 14), y = rng.uniform(-12, 14);
    const Vec3 p(x, y, rng.uniform(-12, 14));
    double lung = 0.0, blood = 0.0;
    for (const Term& term : built.terms) {
      const auto holds = [&](std::uint32_t s) { return contains(built.solids[s], p); };
      if (!std::all_of(term.solids.begin(), term.solids.end(), holds)) continue;
      for (const Delta& d : term.deltas)
        (built.materials[d.material].name == "lung" ? lung : blood) += d.density;
    }
    const bool in =
        std::any_of(balls.begin(), balls.end(), [&](const Solid& s) { return contains(s, p); });
    const bool through = contains(vessel, p);
    REQUIRE(std::abs(lung - (through ? 0.0 : in ? 1.7 * lung_density : lung_density)) < 1e-14);
    REQUIRE(std::abs(blood - (through ? 1.06e-3 : 0.0)) < 1e-14);
  }
}

TEST_CASE("a blurred ball has the mass of a linear ramp of density") {
  for (const double diameter : {6.0, 12.0})
    for (const double margin : {0.5, 2.0}) {
      const LesionPlan plan = plan_of(ball(diameter), kind("solid"), margin);
      const Scene scene = painted(block_of_lung(), plan);
      const LesionTruth& truth = scene.lesions.front();
      // Exactly, term by term: each is a ball in the block.
      double excess = 0.0;
      for (const Term& term : scene.terms) {
        double density = 0.0;
        for (const Delta& d : term.deltas) density += d.density;
        const Solid& solid = scene.solids[term.solids.front()];
        if (solid.kind == Solid::Kind::ellipsoid)
          excess += density * ball_volume(2.0 * solid.half_axes.x());
      }
      const double r = 0.5 * diameter;
      const double ramp = 4.0 / 3.0 * std::numbers::pi * (r * r * r + r * margin * margin / 4.0);
      INFO(diameter << " mm with a margin of " << margin << " mm");
      CHECK(excess == Approx((truth.density - lung_density) * ramp).epsilon(1e-9));
      CHECK(truth.volume == Approx(ball_volume(diameter)).epsilon(1e-4));
    }
}

TEST_CASE("a union of balls in disjoint pieces is the same union") {
  std::vector<Solid> balls;
  Rng rng = numbers(12);
  for (int i = 0; i < 8; ++i) {
    const double x = rng.uniform(-5, 5), y = rng.uniform(-5, 5);
    const Vec3 centre(x, y, rng.uniform(-5, 5));
    balls.push_back(ellipsoid(centre, Vec3::Constant(rng.uniform(1, 5))));
  }
  balls.push_back(balls[2]);
  balls.push_back(balls[3]);
  balls.back().half_axes *= 0.5;
  const std::vector<Solid> pieces = disjoint(balls);
  CHECK(pieces.size() <= 8);
  const auto held = [](const std::vector<Solid>& solids, const Vec3& p) {
    return std::count_if(solids.begin(), solids.end(),
                         [&](const Solid& s) { return contains(s, p); });
  };
  for (int i = 0; i < 5000; ++i) {
    const double x = rng.uniform(-9, 9), y = rng.uniform(-9, 9);
    const Vec3 p(x, y, rng.uniform(-9, 9));
    REQUIRE(held(pieces, p) == (held(balls, p) > 0 ? 1 : 0));
  }
}

TEST_CASE("what shrinks to nothing is left out") {
  const Outline rods{{capsule(Vec3::Zero(), Vec3(0, 0, 5), 0.3), ball(6.0).solids[0]}, {}};
  CHECK(grown(rods, -0.4).solids.size() == 1);
  CHECK(grown(rods, -3.5).empty());
  CHECK(grown(rods, 1.0).solids[0].half_axes.x() == Approx(1.3));
  CHECK(volume_of(grown(ball(6.0), -1.0)) == Approx(ball_volume(4.0)).epsilon(2e-3));
  CHECK(volume_of(holding(ball(6.0), 0.3)) == Approx(0.3 * ball_volume(6.0)).epsilon(3e-3));
}

TEST_CASE("texture stays inside its lesion and leaves its mass alone", "[full]") {
  const auto texture = pick(lesion_textures(), kind("solid").set("heterogeneity_hu", 100.0));
  for (const char* name : {"part_solid", "cavitary"})
    for (const char* shape_name : {"sphere", "irregular"}) {
      const auto shape = pick(lesion_shapes(), kind(shape_name).set("diameter_mm", 8.0));
      Rng rng = numbers(3);
      Value composition = kind(name);
      if (name == std::string("cavitary")) composition.set("wall_mm", 2.0);
      LesionPlan plan = plan_of(shape->outline(rng), composition);
      const Scene smooth = painted(block_of_lung(), plan);
      plan.texture = texture.thing.get();
      plan.heterogeneity = 100.0;
      const Scene rough = painted(block_of_lung(), plan);
      const Grid grid = box_of(smooth.lesions[0].centre, half_width(smooth), 0.4);
      const Image a = density_image(smooth, grid, ""), b = density_image(rough, grid, "");
      const auto inside = occupancy(smooth, smooth.lesions[0], grid);
      double within = 0.0, outside = 0.0, sum = 0.0;
      for (std::size_t v = 0; v < a.values().size(); ++v) {
        const double d = double(b.values()[v]) - double(a.values()[v]);
        (inside.values()[v] > 0.0f ? within : outside) += d * d;
        sum += d;
      }
      INFO(name << ", " << shape_name << ": " << outside / within << " outside");
      CHECK(within > 0.0);
      CHECK(outside < 1e-6 * within);
      CHECK(std::abs(sum) * grid.voxel_volume() <
            1e-4 * smooth.lesions[0].volume * smooth.lesions[0].density);
    }
}

TEST_CASE("a power law's spectrum has its exponent, mean 0 and variance 1 over 200 seeds",
          "[full]") {
  constexpr Index n = 32;
  Grid grid;
  grid.size = {n, n, n};
  grid.spacing = Vec3::Constant(0.5);
  for (const double exponent : {2.0, 3.0, 4.0}) {
    const auto texture = pick(
        lesion_textures(),
        kind("power_law").set("exponent", exponent).set("finest_mm", 1.1).set("coarsest_mm", 8.0));
    // Power at some wave vectors, through a Hann window that keeps the coarse from leaking in.
    const std::vector<double> wavelengths{3.2, 2.5, 2.0, 1.6};
    std::vector<double> power(wavelengths.size(), 0.0);
    double mean = 0.0, variance = 0.0;
    constexpr int seeds = 200;
    std::vector<float> field(std::size_t(grid.count()));
    std::vector<double> window(n);
    for (std::size_t i = 0; i < n; ++i)
      window[i] = 0.5 - 0.5 * math::cos(2.0 * std::numbers::pi * (double(i) + 0.5) / n);
    for (std::uint64_t seed = 0; seed < seeds; ++seed) {
      texture->fill(grid, Rng(make_stream(seed, "power law", Draw::texture), 0), field);
      const double here = double(field[field.size() / 2]);
      mean += here / seeds;
      variance += here * here / seeds;
      // Project along two axes first: wave vectors lie along the third.
      for (int axis = 0; axis < 3; ++axis) {
        std::vector<double> line(n, 0.0);
        for (Index k = 0; k < n; ++k)
          for (Index j = 0; j < n; ++j)
            for (Index i = 0; i < n; ++i) {
              const std::array<std::size_t, 3> at{std::size_t(i), std::size_t(j), std::size_t(k)};
              const auto u = std::size_t(axis);
              line[at[u]] += double(field[std::size_t(grid.offset(i, j, k))]) *
                             window[at[(u + 1) % 3]] * window[at[(u + 2) % 3]] * window[at[u]];
            }
        for (std::size_t w = 0; w < wavelengths.size(); ++w) {
          const double step = 2.0 * std::numbers::pi * 0.5 / wavelengths[w];
          std::complex<double> sum;
          for (std::size_t i = 0; i < n; ++i)
            sum += line[i] *
                   std::complex<double>(math::cos(step * double(i)), math::sin(step * double(i)));
          power[w] += std::norm(sum);
        }
      }
    }
    double sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    for (std::size_t w = 0; w < wavelengths.size(); ++w) {
      const double x = math::log(1.0 / wavelengths[w]), y = math::log(power[w]);
      sx += x, sy += y, sxx += x * x, sxy += x * y;
    }
    const double m = double(wavelengths.size());
    const double slope = (m * sxy - sx * sy) / (m * sxx - sx * sx);
    INFO("exponent " << exponent << ": slope " << slope << ", mean " << mean << ", variance "
                     << variance);
    CHECK(slope == Approx(-exponent).margin(0.3));
    CHECK(std::abs(mean) < 4.0 / std::sqrt(double(seeds)));
    CHECK(variance == Approx(1.0).margin(4.0 * std::sqrt(2.0 / seeds)));
  }
}

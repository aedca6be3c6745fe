#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "support.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_lungs.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/interval_union.hpp"
#include "vitrine/phantoms/patient.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;
using namespace vitrine::test;
namespace lungs = vitrine::phantoms::detail;

namespace {

struct Chest {
  SceneBuilder scene;
  AnatomyRecord record;
};

Chest chest(std::uint64_t seed, const std::string& detail = "standard") {
  Chest made;
  const Rng rng(make_stream(seed, "case001", Draw::anatomy), 0);
  made.record = pick(anatomies(), kind("thorax").set("detail", detail))->build(made.scene, rng, {});
  return made;
}

lungs::LungTrees trees(std::uint64_t seed, const lungs::LungDetail& detail = {}) {
  const lungs::ThoraxFrame frame;
  Rng rng(make_stream(seed, "trees", Draw::test), 0);
  return lungs::grow_lung_trees(frame, lungs::lung_lobes(frame), detail, rng);
}

lungs::LungDetail fine() {
  return {.twigs = 300, .vessel_min_radius = 0.5, .vessel_exponent = 2.3, .airway_min_radius = 0.5};
}

/// Points in the pieces of an organ, on and about their axes.
template <class Visit>
void each_point_of(const SceneBuilder& scene, const std::string& organ, Visit&& visit) {
  for (const Organ& each : scene.organs()) {
    if (each.name != organ) continue;
    for (const std::uint32_t s : each.solids) {
      const Solid& piece = scene.solids()[s];
      for (const double along : {-0.8, -0.4, 0.0, 0.4, 0.8})
        for (const double aside : {-0.6, 0.0, 0.6}) {
          const Vec3 p = piece.centre + along * piece.half_axes.z() * piece.axes.col(2) +
                         aside * piece.half_axes.x() * piece.axes.col(0);
          if (contains(piece, p)) visit(p);
        }
    }
  }
}

}  // namespace

TEST_CASE("the lobes fill the lungs once, with the shares that CT finds") {
  // Yamada et al., Respiration 99 (2020) 598: mean and range of 32 volunteers, supine, %.
  const std::map<std::string, std::pair<double, double>> ranges{{"right_upper", {11.8, 22.7}},
                                                                {"right_middle", {6.6, 13.8}},
                                                                {"right_lower", {22.3, 34.0}},
                                                                {"left_upper", {18.1, 26.6}},
                                                                {"left_lower", {19.4, 28.7}}};
  for (const std::uint64_t seed : {1, 2, 3, 4}) {
    const Chest made = chest(seed);
    const Host& lung = made.record.hosts.front();
    REQUIRE(lung.lobes.size() == 5);
    double all = 0.0;
    for (const Lobe& lobe : lung.lobes) all += double(lobe.points);
    for (const Lobe& lobe : lung.lobes) {
      const double share = 100.0 * double(lobe.points) / all;
      INFO("seed " << seed << ", " << lobe.name << ": " << share << " %");
      CHECK(share > ranges.at(lobe.name).first);
      CHECK(share < ranges.at(lobe.name).second);
    }
    Rng rng(make_stream(seed, "points", Draw::test), 0);
    for (int i = 0; i < 300; ++i) {
      const double x = rng.uniform(-120, 120), y = rng.uniform(-80, 80);
      const Vec3 p(x, y, rng.uniform(-100, 100));
      const auto holding = std::count_if(lung.lobes.begin(), lung.lobes.end(),
                                         [&](const Lobe& lobe) { return holds(lobe, p, 0.0); });
      CHECK(holding == 1);
    }
  }
}

TEST_CASE("a lesion grows in the lobe that is asked for") {
  Cohort cohort;
  cohort.anatomy = pick(anatomies(), Value("thorax"));
  LesionSpec spec;
  spec.shape = pick(lesion_shapes(), kind("sphere").set("diameter_mm", 8.0));
  for (const char* lobe :
       {"right_upper", "right_middle", "right_lower", "left_upper", "left_lower"}) {
    spec.lobe = lobe;
    cohort.lesions.push_back(spec);
  }
  const Scene scene = build_patient(cohort, 4, "case001", {}).scene;
  const Chest made = chest(4);
  REQUIRE(scene.lesions.size() == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    INFO(cohort.lesions[i].lobe);
    CHECK(scene.lesions[i].lobe == cohort.lesions[i].lobe);
    CHECK(holds(made.record.hosts[0].lobes[i], scene.lesions[i].centre, 3.9));
  }
  cohort.lesions.resize(1);
  cohort.anatomy = pick(anatomies(), Value("abdomen"));
  cohort.lesions[0].organ = "lung";
  CHECK_THROWS_AS(build_patient(cohort, 4, "case001", {}), Error);
}

TEST_CASE("a vessel tree has the mass of its union") {
  for (const VesselTree& tree : {trees(1).arteries[2], trees(1).veins[0]}) {
    SceneBuilder builder;
    builder.begin_organ("tree");
    const std::vector<Solid> solids = tree.solids();
    builder.place_union(solids, "blood");
    const Scene scene = std::move(builder).build();
    Bounds box;
    for (const Solid& solid : solids) box = hull(box, bounds(solid));
    Rng rng(make_stream(1, "lines", Draw::test), 0);
    double terms = 0.0, whole = 0.0;
    for (int i = 0; i < 20000; ++i) {
      const double x = rng.uniform(box.low.x(), box.high.x());
      const Vec3 from(x, rng.uniform(box.low.y(), box.high.y()), 0.0);
      for (const Term& term : scene.terms) {
        Interval in{-1e9, 1e9};
        for (const std::uint32_t s : term.solids) {
          const Interval one = intersect(scene.solids[s], from, Vec3::UnitZ());
          in = {std::max(in.enter, one.enter), std::min(in.leave, one.leave)};
        }
        terms += in.length() * term.deltas[0].density;
      }
      std::vector<Interval> crossed;
      for (const Solid& solid : solids)
        if (const Interval in = intersect(solid, from, Vec3::UnitZ()); !in.empty())
          crossed.push_back(in);
      each_covered(crossed,
                   [&](double enter, double leave) { whole += (leave - enter) * 1.06e-3; });
    }
    REQUIRE(whole > 0.0);
    CHECK(terms == Approx(whole).epsilon(2e-3));
  }
}

TEST_CASE("rastered at 0.1 mm no branching is denser than its densest material") {
  lungs::LungTrees lobe = trees(2, fine());
  for (auto* kind : {&lobe.lumina, &lobe.walls, &lobe.arteries, &lobe.veins}) *kind = {kind->at(1)};
  SceneBuilder builder;
  builder.begin_organ("lung");
  builder.place(ellipsoid(Vec3::Zero(), Vec3::Constant(300.0)), "lung");
  lungs::place_lung_trees(builder, lobe);
  const Scene scene = std::move(builder).build();
  const std::vector<double> one(scene.materials.size(), 1.0);
  int windows = 0;
  for (const Organ& organ : scene.organs) {
    if (organ.name != "lung_vessels" && organ.name != "airways") continue;
    for (std::size_t i = 3; i < organ.solids.size(); i += organ.solids.size() / 8) {
      Grid grid;
      grid.size = {50, 50, 50};
      grid.spacing = Vec3::Constant(0.1);
      const Solid& piece = scene.solids[organ.solids[i]];
      grid.origin = piece.centre + piece.half_axes.z() * piece.axes.col(2) - Vec3::Constant(2.5);
      const Image image = object_image(scene, grid, one, 1e-3, 0.0);
      const auto [least, most] = std::minmax_element(image.values().begin(), image.values().end());
      CHECK(*least > -1000.01f);
      CHECK(*most < 60.01f);  // blood and soft tissue: 1.06 g/cm^3
      ++windows;
    }
  }
  CHECK(windows >= 8);
}

TEST_CASE("airways stay in the lungs and vessels out of airways") {
  for (const std::uint64_t seed : {1, 2}) {
    const Chest made = chest(seed, "fine");
    const SceneBuilder& scene = made.scene;
    std::vector<std::uint32_t> vessels;
    for (const Organ& organ : scene.organs())
      if (organ.name == "lung_vessels") vessels = organ.solids;
    std::vector<Bounds> boxes;
    for (const std::uint32_t v : vessels) boxes.push_back(bounds(scene.solids()[v]));
    int points = 0, out = 0, met = 0;
    each_point_of(scene, "airways", [&](const Vec3& p) {
      if (std::abs(p.x()) < 60.0) return;  // trachea and bronchi outside of the lungs
      ++points;
      const std::string_view organ = scene.organ_at(p);
      out += !organ.starts_with("airway");
      for (std::size_t v = 0; v < vessels.size(); ++v)
        if (boxes[v].holds(p) && contains(scene.solids()[vessels[v]], p)) {
          ++met;
          break;
        }
    });
    INFO("seed " << seed << ": of " << points << " points in airways " << out << " out of them, "
                 << met << " in vessels");
    CHECK(points > 500);
    CHECK(out < 0.02 * points);
    CHECK(met < 0.03 * points);
  }
}

TEST_CASE("finer detail adds branches and keeps the ratios of Strahler orders", "[full]") {
  // Arteries of man: diameters grow by 1.56 an order, lengths by 1.49, numbers fall by 3.36 (Huang
  // et al., J Appl Physiol 81 (1996) 2123); bronchi and the arteries beside them branch more
  // evenly here.
  double branching = 0.0, diameters = 0.0;
  int lobes = 0;
  for (const VesselTree& tree : trees(2, fine()).arteries) {
    const std::vector<int> order = tree.orders();
    const int top = *std::max_element(order.begin(), order.end());
    std::vector<double> count(std::size_t(top) + 1), radius(count.size());
    for (std::size_t i = 0; i < order.size(); ++i) {
      const auto o = std::size_t(order[i]);
      const int parent = tree.segments[i].parent;
      if (parent < 0 || order[std::size_t(parent)] != order[i]) ++count[o];
      radius[o] += tree.segments[i].radius;
    }
    std::vector<double> segments(count.size());
    for (const int o : order) ++segments[std::size_t(o)];
    for (std::size_t o = 1; o < count.size(); ++o) radius[o] /= segments[o];
    branching += math::pow(count[1] / count[std::size_t(top)], 1.0 / double(top - 1));
    diameters += math::pow(radius[std::size_t(top)] / radius[1], 1.0 / double(top - 1));
    ++lobes;
  }
  INFO("branching " << branching / lobes << ", diameters " << diameters / lobes);
  CHECK(branching / lobes > 2.4);
  CHECK(branching / lobes < 4.0);
  CHECK(diameters / lobes > 1.35);
  CHECK(diameters / lobes < 2.0);
  CHECK(trees(2, fine()).lumina[2].segments.size() > 3 * trees(2).lumina[2].segments.size());
}

// Test phantoms: their geometry, CT numbers and textures are those of the tables they come from.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <set>
#include <string>
#include <vector>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/digitise.hpp"
#include "vitrine/phantoms/patient.hpp"
#include "vitrine/physics/attenuation.hpp"

using namespace vitrine;
using namespace vitrine::phantoms;

namespace {

const char* const kinds[] = {"water_cylinder", "shepp_logan",       "acr464", "catphan_ctp404",
                             "catphan_ctp528", "defrise",           "ctdi",   "wire",
                             "edge",           "texture_cartridges"};

Patient built(const Value& node, std::uint64_t seed = 1) {
  Diagnostics problems;
  Cohort cohort;
  cohort.anatomy = anatomies().make(node, problems);
  problems.throw_if_any();
  return build_patient(cohort, seed, "case001", {});
}

Value of_kind(const char* kind) { return Value().set("kind", Value(kind)); }

const Organ& organ(const Scene& scene, const std::string& name) {
  const auto at = std::find_if(scene.organs.begin(), scene.organs.end(),
                               [&](const Organ& o) { return o.name == name; });
  INFO(name);
  REQUIRE(at != scene.organs.end());
  return *at;
}

const Solid& solid_of(const Scene& scene, const std::string& name, std::size_t which = 0) {
  return scene.solids.at(organ(scene, name).solids.at(which));
}

/// HU at 70 keV from the terms at a point: what a perfect scanner at that energy would show.
double hu_at(const Scene& scene, const Vec3& point) {
  constexpr double energy = 70.0;
  const double water = physics::linear_attenuation(material("water"), energy);
  const double air = physics::linear_attenuation(material("air"), energy);
  double mu = 0.0;
  for (const Term& term : scene.terms) {
    const auto holds = [&](std::uint32_t s) { return contains(scene.solids[s], point); };
    if (std::all_of(term.solids.begin(), term.solids.end(), holds))
      for (const Delta& delta : term.deltas)
        mu += delta.density * physics::mass_attenuation(scene.materials[delta.material], energy);
  }
  return 1000.0 * (mu - water) / (water - air);
}

double line_integral(const Scene& scene, const Vec3& origin, const Vec3& direction) {
  double sum = 0.0;
  for (const Term& term : scene.terms) {
    Interval inside{-1e30, 1e30};
    for (const std::uint32_t s : term.solids) {
      const Interval one = intersect(scene.solids[s], origin, direction);
      inside = {std::max(inside.enter, one.enter), std::min(inside.leave, one.leave)};
      if (one.empty()) inside = {};
      if (inside.empty()) break;
    }
    for (const Delta& delta : term.deltas) sum += delta.density * inside.length();
  }
  return sum;
}

/// Trilinear value of a patch at a point inside the box of its voxel centres.
double value_at(const Patch& patch, const Vec3& point) {
  const Grid& grid = patch.grid;
  const Vec3 at = (point - grid.origin).cwiseQuotient(grid.spacing);
  double sum = 0.0;
  for (int corner = 0; corner < 8; ++corner) {
    double weight = 1.0;
    std::array<Index, 3> index{};
    for (int a = 0; a < 3; ++a) {
      const auto low = std::min(Index(at[a]), grid.size[std::size_t(a)] - 2);
      const double w = at[a] - double(low);
      index[std::size_t(a)] = low + (corner >> a & 1);
      weight *= corner >> a & 1 ? w : 1.0 - w;
    }
    const auto offset = std::size_t(grid.offset(index[0], index[1], index[2]));
    sum += weight * double(patch.channels[0].density[offset]);
  }
  return sum;
}

}  // namespace

TEST_CASE("line integrals and mass of the Shepp-Logan head are those of its table") {
  // Computed from the table in closed form; length 1 is 100 mm, density 1 is 1e-3 g/mm^3.
  const Scene scene = built(of_kind("shepp_logan").set("half_width_mm", Value(100.0))).scene;
  const double unit = 100.0 * 1e-3;
  CHECK(line_integral(scene, Vec3::Zero(), Vec3::UnitX()) ==
        Approx(1.449868612678 * unit).epsilon(1e-10));
  CHECK(line_integral(scene, Vec3::Zero(), Vec3::UnitY()) ==
        Approx(1.866376989447 * unit).epsilon(1e-10));
  CHECK(line_integral(scene, Vec3::Zero(), Vec3::UnitZ()) ==
        Approx(1.975620254038 * unit).epsilon(1e-10));
  double mass = 0.0;
  for (const Term& term : scene.terms) {
    REQUIRE(term.solids.size() == 1);
    for (const Delta& delta : term.deltas)
      mass += delta.density * 4.0 / 3.0 * std::numbers::pi *
              scene.solids[term.solids[0]].half_axes.prod();
  }
  CHECK(scene.terms.size() == 10);
  CHECK(mass == Approx(2.695336670792 * 1e6 * 1e-3).epsilon(1e-10));
  CHECK(hu_at(scene, Vec3(0, 0, 91)) == Approx(1000.0).margin(2));  // skull: twice water
  CHECK(hu_at(scene, Vec3(0, -80, 0)) == Approx(20.0).margin(0.1));
}

TEST_CASE("every insert's CT number at 70 keV lies in the window of its phantom's manual") {
  struct Window {
    const char *phantom, *insert;
    double low, high;
  };
  // Catphan manual (CTP404) and ACR phantom testing instructions. PTFE's window begins at 941: at
  // 70 keV it has 940.6, at the lower mean energies of 120 kVp more.
  const Window windows[] = {{"catphan_ctp404", "insert_air", -1046, -986},
                            {"catphan_ctp404", "insert_pmp", -220, -172},
                            {"catphan_ctp404", "insert_ldpe", -121, -87},
                            {"catphan_ctp404", "insert_polystyrene", -65, -29},
                            {"catphan_ctp404", "insert_water", -7, 7},
                            {"catphan_ctp404", "insert_acrylic", 92, 137},
                            {"catphan_ctp404", "insert_delrin", 344, 387},
                            {"catphan_ctp404", "insert_ptfe", 940, 1060},
                            {"catphan_ctp404", "body", 95, 105},
                            {"acr464", "insert_air", -1005, -970},
                            {"acr464", "insert_polyethylene", -107, -84},
                            {"acr464", "insert_water", -7, 7},
                            {"acr464", "insert_acrylic", 110, 135},
                            {"acr464", "insert_bone", 850, 970},
                            {"acr464", "insert_low_contrast_25mm", 95, 97},
                            {"acr464", "insert_low_contrast_2mm", 95, 97},
                            {"acr464", "background_low_contrast", 89, 91},
                            {"texture_cartridges", "cartridge_cork", -866, -862},
                            {"texture_cartridges", "cartridge_acrylic", 105, 125},
                            {"texture_cartridges", "cartridge_plaster", 650, 654}};
  std::map<std::string, Scene> scenes;
  for (const Window& w : windows) {
    if (!scenes.contains(w.phantom)) scenes[w.phantom] = built(Value(w.phantom)).scene;
    const Scene& scene = scenes[w.phantom];
    Vec3 centre = solid_of(scene, w.insert).centre;
    if (std::string(w.insert) == "body") centre = Vec3(0, 50, 0);
    const double hu = hu_at(scene, centre);
    INFO(w.phantom << ' ' << w.insert << ": " << hu << " HU");
    CHECK((hu > w.low && hu < w.high));
  }
  CHECK(hu_at(scenes["acr464"], Vec3(0, 0, 80)) == Approx(0.0).margin(1.0));
}

TEST_CASE("the modules, inserts and bars of the ACR phantom are where they belong") {
  const Scene scene = built(Value("acr464")).scene;
  const Solid& body = solid_of(scene, "body");
  CHECK(body.half_axes == Vec3(100, 100, 80));
  CHECK(body.centre.z() == 60.0);  // module 1 at z = 0
  for (const char* name : {"insert_air", "insert_bone", "insert_acrylic", "insert_polyethylene"}) {
    const Solid& insert = solid_of(scene, name);
    CHECK(insert.centre.head<2>().norm() == Approx(63.0));
    CHECK(insert.half_axes == Vec3(12.5, 12.5, 20));
  }
  double low = 1e9, high = -1e9;
  for (const int pairs : {4, 5, 6, 7, 8, 9, 10, 12}) {
    const Organ& bars = organ(scene, str("bars_", pairs, "_lp_per_cm"));
    for (std::size_t i = 0; i < bars.solids.size(); ++i) {
      const Solid& bar = scene.solids[bars.solids[i]];
      CHECK(bar.half_axes.x() == Approx(2.5 / pairs));
      low = std::min(low, bar.centre.z() - bar.half_axes.z());
      high = std::max(high, bar.centre.z() + bar.half_axes.z());
      if (i > 0)
        CHECK((bar.centre - scene.solids[bars.solids[i - 1]].centre).norm() ==
              Approx(10.0 / pairs));
    }
    CHECK(bars.solids.size() == std::size_t(15 * pairs / 10));
  }
  CHECK(low == Approx(101.0));
  CHECK(high == Approx(139.0));
  for (const auto& [at, z] : {std::pair("low_contrast", -20.0), std::pair("uniformity", -60.0),
                              std::pair("resolution", -100.0), std::pair("middle", -40.0)}) {
    const Scene moved = built(of_kind("acr464").set("at_origin", Value(at))).scene;
    CHECK(solid_of(moved, "insert_air").centre.z() ==
          Approx(at == std::string("middle") ? -60.0 : z - 20.0));
  }
}

TEST_CASE("inserts, marks and ramps of the CTP404-like module are where they belong") {
  const Scene scene = built(Value("catphan_ctp404")).scene;
  for (const char* name : {"insert_air", "insert_pmp", "insert_ldpe", "insert_polystyrene",
                           "insert_acrylic", "insert_delrin", "insert_ptfe", "insert_water"}) {
    CHECK(solid_of(scene, name).centre.norm() == Approx(58.7));
    CHECK(solid_of(scene, name).half_axes.x() == Approx(6.1));
  }
  CHECK((solid_of(scene, "mark_pin").centre - solid_of(scene, "mark_hole").centre).norm() ==
        Approx(50.0));
  const Organ& ramps = organ(scene, "wire_ramp");
  REQUIRE(ramps.solids.size() == 4);
  for (const auto s : ramps.solids) {
    const Vec3 along = scene.solids[s].axes.col(2);
    CHECK(along.z() == Approx(math::sin(23.0 * units::deg)));
    CHECK(2.0 * (scene.solids[s].half_axes.z() * along.z()) == Approx(25.0).margin(0.3));
  }
  const Scene dry = built(of_kind("catphan_ctp404").set("water_vial", Value(false))).scene;
  CHECK(organ(dry, "insert_air").solids.size() == 2);
}

TEST_CASE("the CTP528-like module has 21 patterns that lie apart on one circle") {
  const Scene scene = built(Value("catphan_ctp528")).scene;
  std::vector<Solid> bars;
  for (int pairs = 1; pairs <= 21; ++pairs) {
    const Organ& pattern = organ(scene, str("bars_", pairs, "_lp_per_cm"));
    REQUIRE(pattern.solids.size() >= 2);
    Vec3 middle = Vec3::Zero();
    for (const auto s : pattern.solids) {
      bars.push_back(scene.solids[s]);
      middle += bars.back().centre / double(pattern.solids.size());
      CHECK(bars.back().half_axes.x() == Approx(2.5 / pairs));
      CHECK(bars.back().half_axes.z() == 1.0);
    }
    CHECK(middle.norm() == Approx(47.0));
  }
  for (std::size_t i = 0; i < bars.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) REQUIRE(proven_apart(bars[i], bars[j]));
  INFO(scene.terms.size() << " terms");
  CHECK(scene.terms.size() == 2 + bars.size() + 2);
}

TEST_CASE("what a CTDI phantom's holes hold is a choice") {
  const Scene body = built(Value("ctdi")).scene;
  CHECK(body.terms.size() == 1);  // rods of the same PMMA leave no trace
  CHECK(solid_of(body, "rod_anterior").centre == Vec3(0, -150, 0));
  CHECK(solid_of(body, "rod_centre").half_axes.x() == 6.55);
  const Scene head = built(of_kind("ctdi")
                               .set("size", Value("head"))
                               .set("open", Value(Value::List{Value("centre"), Value("left")})))
                         .scene;
  CHECK(hu_at(head, Vec3(0, 0, 0)) == Approx(-1000).margin(1));
  CHECK(hu_at(head, Vec3(70, 0, 0)) == Approx(-1000).margin(1));
  CHECK(hu_at(head, Vec3(-70, 0, 0)) == Approx(126).margin(2));
  CHECK(hu_at(head, Vec3(0, 40, 0)) == Approx(126).margin(2));
}

TEST_CASE("edges slant and wires tilt by the angle asked for") {
  const Scene edge = built(of_kind("edge").set("slant_deg", Value(10.0))).scene;
  const double shift = 30.0 * math::sin(10.0 * units::deg) / math::cos(10.0 * units::deg);
  CHECK(hu_at(edge, Vec3(-shift - 0.1, 30, 0)) == Approx(126).margin(2));
  CHECK(hu_at(edge, Vec3(-shift + 0.1, 30, 0)) == Approx(0).margin(0.1));
  CHECK(hu_at(edge, Vec3(shift - 0.1, -30, 10)) == Approx(126).margin(2));
  const Scene wire = built(of_kind("wire").set("tilt_deg", Value(5.0))).scene;
  const Vec3 along(0, math::sin(5.0 * units::deg), math::cos(5.0 * units::deg));
  CHECK(hu_at(wire, Vec3(20, 0, 0) + 25.0 * along) > 5000);
  CHECK(hu_at(wire, Vec3(20, 0, 25)) == Approx(0).margin(0.1));
  const Scene discs = built(Value("defrise")).scene;
  CHECK(discs.terms.size() == 7);
  CHECK(line_integral(discs, Vec3(10, 10, 0), Vec3::UnitZ()) == Approx(70.0 * 1.19e-3));
}

TEST_CASE("every test phantom has mass, no negative density, few terms and no host", "[full]") {
  for (const char* kind : kinds) {
    const Patient patient = built(Value(kind));
    const Scene& scene = patient.scene;
    Bounds box;
    for (const Organ& each : scene.organs)
      for (const auto s : each.solids) box = hull(box, bounds(scene.solids[s]));
    Grid grid;
    grid.spacing = Vec3::Constant(4.0);
    for (int a = 0; a < 3; ++a)
      grid.size[std::size_t(a)] = Index(std::ceil((box.high[a] - box.low[a]) / 4.0)) + 1;
    grid.origin = box.low;
    // With mu/rho = 1 for all, mu is the density: water 1e-3 per mm^3, vacuum as "air".
    const std::vector<double> one(scene.materials.size(), 1.0);
    const Image image = object_image(scene, grid, one, 1e-3, 0.0);
    double mass = 0.0, least = 1.0;
    for (const float hu : image.values()) {
      const double density = 1e-3 * (1.0 + double(hu) / 1000.0);
      mass += density * grid.voxel_volume();
      least = std::min(least, density);
    }
    INFO(kind << ": " << scene.terms.size() << " terms, " << scene.patches.size() << " patches, "
              << mass << " g, least " << least << " g/mm^3");
    CHECK(mass > 50.0);
    CHECK(least > -1e-9);
    CHECK(scene.terms.size() < 400);
    CHECK(scene.lesions.empty());
    CHECK(patient.sex.empty());
    std::set<std::string> names;
    for (const auto& [name, value] : patient.parameters) {
      CHECK(names.insert(name).second);
      CHECK(std::isfinite(value));
    }
  }
}

TEST_CASE("a cartridge's texture has the mean, deviation and correlation lengths of the table") {
  struct Expected {
    const char* name;
    double deviation;
    Vec3 lengths;
  };
  const Expected expected[] = {{"sycamore", 0.10, {2, 12, 4}},
                               {"cork", 0.25, {2.5, 2.5, 2.5}},
                               {"dense_cork", 0.25, {2, 2, 2}},
                               {"rubber", 0.12, {1.5, 1.5, 1.5}},
                               {"plaster", 0.03, {1.5, 1.5, 1.5}}};
  for (const Expected& e : expected) {
    const Patient patient = built(
        of_kind("texture_cartridges").set("cartridges", Value(Value::List{Value(e.name)})), 5);
    REQUIRE(patient.scene.patches.size() == 1);
    const Patch& patch = patient.scene.patches[0];
    const double mean = patient.scene.terms.at(0).deltas.at(0).density;
    Rng rng(make_stream(3, e.name, Draw::test), 0);
    double sum = 0.0, squares = 0.0;
    std::array<double, 3> together{};
    constexpr int points = 40000;
    for (int i = 0; i < points; ++i) {
      const double x = rng.uniform(-50, 35), y = rng.uniform(-50, 35), z = rng.uniform(-15.9, 9);
      const Vec3 at(x, y, z);
      const double here = value_at(patch, at) / mean;
      sum += here;
      squares += here * here;
      for (int a = 0; a < 3; ++a) {
        Vec3 there = at;
        there[a] += e.lengths[a];
        together[std::size_t(a)] += here * value_at(patch, there) / mean;
      }
    }
    INFO(e.name << ": mean " << sum / points << ", deviation " << std::sqrt(squares / points));
    CHECK(std::abs(sum / points) < 0.15 * e.deviation);
    CHECK(std::sqrt(squares / points) == Approx(e.deviation).epsilon(0.06));
    for (const double t : together)  // exp(-1/2) at one length; interpolation adds a little
      CHECK(t / squares == Approx(math::exp(-0.5)).margin(0.1));
  }
}

TEST_CASE("a honeycomb cartridge has the share of walls it is named after") {
  for (const double fill : {0.2, 0.3, 0.4, 0.5}) {
    const std::string name = str("abs_", std::lround(100 * fill));
    const Patient patient =
        built(of_kind("texture_cartridges").set("cartridges", Value(Value::List{Value(name)})));
    const Patch& patch = patient.scene.patches.at(0);
    const double mean = patient.scene.terms.at(0).deltas.at(0).density;
    CHECK(mean == Approx(fill * 1.05e-3).epsilon(1e-9));
    Rng rng(make_stream(3, name, Draw::test), 0);
    int walls = 0;
    double sum = 0.0;
    constexpr int points = 40000;
    for (int i = 0; i < points; ++i) {
      const double x = rng.uniform(-50, 50), y = rng.uniform(-50, 50);
      const double density = mean + value_at(patch, Vec3(x, y, rng.uniform(-16, 16)));
      REQUIRE((density > -0.02e-3 && density < 1.08e-3));
      walls += density > 0.5 * 1.05e-3;
      sum += density / points;
    }
    INFO(name << ": " << double(walls) / points << " walls, mean " << sum);
    CHECK(double(walls) / points == Approx(fill).margin(0.04));
    CHECK(sum == Approx(mean).epsilon(0.02));
  }
}

TEST_CASE("a cartridge's texture depends on the patient, not on the other cartridges") {
  const Patient all = built(Value("texture_cartridges"), 9);
  const Value only =
      of_kind("texture_cartridges").set("cartridges", Value(Value::List{Value("plaster")}));
  CHECK(all.scene.patches.size() == 9);
  CHECK(all.scene.patches.back().channels[0].density ==
        built(only, 9).scene.patches.back().channels[0].density);
  CHECK(all.scene.patches.back().channels[0].density !=
        built(only, 10).scene.patches.back().channels[0].density);
}

TEST_CASE("regions of cartridges are true to size and add nothing to the object") {
  const Value plain("texture_cartridges");
  const Value marked =
      of_kind("texture_cartridges").set("region_diameter_mm", 60.0).set("region_length_mm", 20.0);
  const Scene with = built(marked, 9).scene, without = built(plain, 9).scene;
  REQUIRE(with.lesions.size() == 10);
  CHECK(without.lesions.empty());
  CHECK(with.terms.size() == without.terms.size());
  for (const LesionTruth& region : with.lesions) {
    INFO(region.id);
    const Solid& solid = with.solids.at(region.solids.at(0));
    CHECK(region.volume == Approx(std::numbers::pi * 900.0 * 20.0).epsilon(1e-12));
    CHECK((solid.centre - region.centre).norm() == 0.0);
    CHECK(contains(solid, region.centre + Vec3(29.9, 0, 9.9)));
    CHECK_FALSE(contains(solid, region.centre + Vec3(30.1, 0, 0)));
    CHECK_FALSE(contains(solid, region.centre + Vec3(0, 0, 10.1)));
    CHECK(region.attenuation == Approx(hu_at(without, region.centre)).margin(0.5));
    CHECK(region.organ == without.organs.at(std::size_t(&region - with.lesions.data())).name);
  }
}

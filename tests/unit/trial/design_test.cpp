#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/core/units.hpp"
#include "vitrine/trial/arm.hpp"
#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/scan_check.hpp"

using namespace vitrine;

namespace {

Value kernel(const char* kind) { return Value(kind); }

/// A small scenario as the YAML reader hands it over.
Value scenario(const char* name = "t") {
  const auto scanner = [](const char* id, double rows) {
    return Value()
        .set("name", Value(id))
        .set("source_to_iso_mm", Value(541.0))
        .set("source_to_detector_mm", Value(949.0))
        .set("columns", Value(888.0))
        .set("rows", Value(rows))
        .set("column_pitch_mm", Value(1.0239))
        .set("row_pitch_mm", Value(1.0964))
        .set("views_per_rotation", Value(984.0))
        .set("anode_angle_deg", Value(7.0));
  };
  Value arms;
  arms.set("scanners", Value::List{scanner("a", 64.0), scanner("b", 128.0)});
  arms.set("protocol", Value().set("kernel", kernel("soft")).set("slices", Value(40.0)));
  arms.set("vary", Value()
                       .set("kernel", Value::List{kernel("soft"), kernel("sharp")})
                       .set("tube_load_mas", Value::List{Value(80.0), Value(20.0)}));
  arms.set("repeat",
           Value()
               .set("count", Value(2.0))
               .set("of", Value().set("scanner", Value("a")).set("tube_load_mas", Value(20.0))));
  return Value()
      .set("vitrine", Value(1.0))
      .set("trial", Value().set("name", Value(name)).set("seed", Value(7.0)))
      .set("patients", Value().set("count", Value(3.0)).set("anatomy", Value("thorax")))
      .set("arms", std::move(arms));
}

trial::Scenario read(const Value& value) {
  Diagnostics problems;
  auto result = trial::Scenario::schema().read(value, problems);
  problems.throw_if_any();
  return result;
}

}  // namespace

TEST_CASE("a full factorial design has one arm per combination, each with its own name") {
  const auto plan = trial::make_plan(read(scenario()));
  REQUIRE(plan.arms.size() == 8);
  CHECK(plan.cases == std::vector<std::string>{"case001", "case002", "case003"});
  CHECK(plan.arms.front().name == "a_soft_80mAs");
  CHECK(plan.reference == 0);
  CHECK(plan.arms[plan.repeated].name == "a_soft_20mAs");
  for (std::size_t i = 0; i < 8; ++i)
    for (std::size_t j = 0; j < i; ++j) CHECK(plan.arms[i].name != plan.arms[j].name);
}

TEST_CASE(
    "rays are traced once per scanner and repositioned repeat, whatever the doses and kernels") {
  const auto e = trial::estimate(trial::make_plan(read(scenario())), 2);
  CHECK(e.traced_scans == 3 * (2 + 2));
  CHECK(e.scans == 3 * (4 + 2));
  CHECK(e.images == 3 * (8 + 2));
  CHECK(e.reconstructions == 3 * (8 + 2 + 4));
}

TEST_CASE("strengths of motion are arms of their own, and rotations take their time") {
  trial::Scenario moving = read(scenario());
  Diagnostics problems;
  moving.arms.protocol.motion = {phantoms::motions().make(Value("breathing"), problems)};
  moving.arms.protocol.rotation_time = 0.25;
  moving.arms.vary = {};
  moving.arms.vary.motion = {0.0, 0.5};
  moving.arms.repeat = {};
  const auto plan = trial::make_plan(moving);
  REQUIRE(plan.arms.size() == 4);
  CHECK(plan.arms[0].motion == 0.0);
  CHECK(plan.arms[1].motion == 0.5);
  CHECK(plan.arms[1].name.ends_with("_motion50"));
  CHECK(trial::estimate(plan, 1).traced_scans == 4 * plan.cases.size());
  const auto g =
      trial::scan_geometry(plan.scenario.arms.scanners[0], plan.scenario.arms.protocol, 0.0, 0.0);
  const auto turn = std::size_t(g.views_per_rotation);
  CHECK(g.view_times[turn - 1] - g.view_times[0] ==
        Approx(0.25 * (1.0 - 1.0 / double(turn))).epsilon(1e-12));
  if (g.view_times.size() > turn)
    CHECK(g.view_times[turn] - g.view_times[0] == Approx(1.25).epsilon(1e-12));
}

namespace {

void replace(Value& node, const char* key, Value value) {
  const_cast<Value&>(*node.find(key)) = std::move(value);
}

/// The same with contrast medium in two phases, and the arms' reference in the second.
Value enhanced() {
  Value node = scenario();
  auto& arms = const_cast<Value&>(*node.find("arms"));
  replace(arms, "protocol",
          Value()
              .set("kernel", kernel("soft"))
              .set("slices", Value(40.0))
              .set("contrast", Value().set("delay_s", Value(50.0))));
  auto& vary = const_cast<Value&>(*arms.find("vary"));
  vary.set("contrast_delay_s", Value::List{Value(35.0), Value(70.0)});
  arms.set("reference", Value().set("contrast_delay_s", Value(70.0)));
  return node;
}

}  // namespace

TEST_CASE("phases of contrast medium are arms of their own that share no rays") {
  const auto plan = trial::make_plan(read(enhanced()));
  REQUIRE(plan.arms.size() == 16);
  CHECK(plan.arms.front().name == "a_soft_80mAs_35s");
  CHECK(plan.arms[plan.reference].contrast_delay == 70.0);
  CHECK_FALSE(plan.arms[plan.reference].same_but_dose(plan.arms.front()));
  const auto e = trial::estimate(plan, 2);
  CHECK(e.traced_scans == 3 * (2 * 2 + 2));
  CHECK(e.scans == 3 * (2 * 4 + 2));
  CHECK(e.reconstructions == 3 * (16 + 2 + 8));
  CHECK(trial::contrast_delays(plan.arms) == std::vector<std::optional<double>>{35.0, 70.0});
  CHECK(trial::object_name(plan.scenario.arms, plan.arms.front()) == "object_35s");
  CHECK(trial::injection(plan.scenario.arms.protocol, plan.arms.back())->delay == 70.0);
  // One phase needs no name.
  auto one = read(enhanced());
  one.arms.vary.contrast_delay.clear();
  one.arms.reference.contrast_delay.reset();
  const auto single = trial::make_plan(one);
  CHECK(single.arms.front().name == "a_soft_80mAs");
  CHECK(single.arms.front().contrast_delay == 50.0);
  CHECK(trial::object_name(one.arms, single.arms.front()) == "object");
}

TEST_CASE("what needs contrast medium is refused without it") {
  const auto message = [](const Value& node) {
    Diagnostics problems;
    (void)trial::Scenario::schema().read(node, problems);
    return problems.entries().empty() ? std::string() : problems.entries().front().message;
  };
  CHECK(message(enhanced()).empty());
  Value delayed = enhanced();
  replace(const_cast<Value&>(*delayed.find("arms")), "protocol",
          Value().set("kernel", kernel("soft")));
  CHECK(message(delayed).find("needs contrast medium") != std::string::npos);
  Value output = scenario();
  replace(output, "patients",
          Value()
              .set("count", Value(1.0))
              .set("anatomy", Value("thorax"))
              .set("cardiac_output_percent", Value(80.0)));
  CHECK(message(output).find("need contrast medium") != std::string::npos);
  Value both = enhanced();
  replace(const_cast<Value&>(*both.find("arms")), "protocol",
          Value()
              .set("kernel", kernel("soft"))
              .set("contrast",
                   Value().set("dose_mg_per_kg", Value(500.0)).set("volume_ml", Value(100.0))));
  CHECK(message(both).find("not both") != std::string::npos);
}

TEST_CASE("the fingerprint depends on what a scenario means, not on what it leaves to defaults") {
  const auto base = read(scenario());
  Value spelled_out = scenario();
  spelled_out.set("simulation",
                  Value().set("sub_rows", Value(double(trial::Simulation{}.sub_rows))));
  CHECK(trial::fingerprint(base) == trial::fingerprint(read(spelled_out)));
  auto other = base;
  other.trial.seed = 8;
  CHECK(trial::fingerprint(base) != trial::fingerprint(other));
}

TEST_CASE("a canonical scenario reads back as itself") {
  const auto base = read(scenario());
  const auto again = read(trial::Scenario::schema().write(base));
  CHECK(trial::fingerprint(base) == trial::fingerprint(again));
}

TEST_CASE("a reposition stays within its limits and is the same for the same case") {
  const auto base = read(scenario());
  for (std::int64_t repeat = 0; repeat < 20; ++repeat) {
    const auto visit = trial::reposition(base, "case001", repeat);
    CHECK(visit.pose.translation.cwiseAbs().maxCoeff() <= base.arms.repeat.shift);
    CHECK((visit.pose.rotation.transpose() * visit.pose.rotation - Mat3::Identity()).norm() <
          1e-12);
    CHECK(std::abs(visit.state.inspiration - 1.0) <= base.arms.repeat.inspiration);
    CHECK(visit.table_offset <= base.arms.protocol.slice_increment);
    CHECK(visit.start_angle == trial::reposition(base, "case001", repeat).start_angle);
  }
  CHECK(trial::reposition(base, "case001", 0).start_angle !=
        trial::reposition(base, "case001", 1).start_angle);
  CHECK(trial::reposition(base, "case001", 0).start_angle !=
        trial::reposition(base, "case002", 0).start_angle);
}

TEST_CASE("the stations of a scan cover its slices inside the radius of full coverage") {
  const auto base = read(scenario());
  for (const Scanner& scanner : base.arms.scanners) {
    const auto g = trial::scan_geometry(scanner, base.arms.protocol, 12.0, 0.0);
    const double half = 0.5 * double(g.rows) * g.row_pitch_at_iso() *
                        (g.source_to_iso - base.arms.protocol.full_coverage_radius) /
                        g.source_to_iso;
    for (double z = 12.0 - 25.0; z <= 12.0 + 25.0; z += 0.5) {
      double nearest = 1e9;
      for (const double table : g.table_positions) nearest = std::min(nearest, std::abs(table - z));
      CHECK(nearest <= half + 1e-9);
    }
  }
}

TEST_CASE("a selector that names no arm is refused by a rule that says where to look") {
  Value bad = scenario();
  auto& arms = const_cast<Value&>(*bad.find("arms"));
  arms.set("reference", Value().set("kernel", Value("bone")));
  Diagnostics problems;
  (void)trial::Scenario::schema().read(bad, problems);
  REQUIRE(problems.entries().size() == 1);
  CHECK(problems.entries().front().message.find("reference must name an arm") != std::string::npos);
}

TEST_CASE("a name that cannot be part of a file name is refused") {
  const auto problems_of = [](const char* name) {
    Diagnostics problems;
    (void)trial::Scenario::schema().read(scenario(name), problems);
    return problems.entries().size();
  };
  for (const char* good : {"a", "lung-nodules_2.1", "0123456789012345678901234567890123456789"})
    CHECK(problems_of(good) == 0);
  for (const char* bad : {"", "..", "../elsewhere", "a/b", "a b", "-out", "na\xc3\xafve", "tab\t",
                          "01234567890123456789012345678901234567890"})
    CHECK(problems_of(bad) == 1);
}

namespace {

/// The scenario with another key in its protocol.
Value with_protocol(const char* key, Value value, double slices = 40.0) {
  Value all = scenario();
  const auto replace = [](Value& map, const char* name, Value by) {
    for (auto& member : std::get<Value::Map>(map.data))
      if (member.key == name) member.value = std::move(by);
  };
  Value arms = *all.find("arms");
  replace(arms, "protocol",
          Value()
              .set("kernel", kernel("soft"))
              .set("slices", Value(slices))
              .set(key, std::move(value)));
  replace(all, "arms", std::move(arms));
  return all;
}

}  // namespace

TEST_CASE("keys that came later stay out of a scenario that does not use them") {
  const std::string plain = to_json(trial::Scenario::schema().write(read(scenario())));
  for (const char* key :
       {"shape", "axis_offset_mm", "gantry_tilt_deg", "flying_focal_spot", "sub_views",
        "swank_factor", "crosstalk", "lag", "gain", "dead_cells", "converter", "air_scan",
        "tube_power_kw", "tube_current_modulation", "water_correction", "sensor", "\"bins\""}) {
    CAPTURE(key);
    CHECK(plain.find(key) == std::string::npos);
  }
  CHECK(trial::fingerprint(read(with_protocol("gantry_tilt_deg", Value(0.0)))) ==
        trial::fingerprint(read(scenario())));
  CHECK(trial::fingerprint(read(with_protocol("gantry_tilt_deg", Value(5.0), 8.0))) !=
        trial::fingerprint(read(with_protocol("gantry_tilt_deg", Value(0.0), 8.0))));
}

TEST_CASE("the slices of a tilted gantry lie in its plane") {
  CHECK_THROWS_AS(read(with_protocol("gantry_tilt_deg", Value(31.0), 8.0)), Error);
  const trial::Scenario tilted = read(with_protocol("gantry_tilt_deg", Value(10.0), 8.0));
  const trial::Protocol& protocol = tilted.arms.protocol;
  const ScanGeometry g = trial::scan_geometry(tilted.arms.scanners[0], protocol, 50.0, 0.0);
  CHECK(g.tilt == Approx(10.0 * units::deg));
  const Grid grid = trial::image_grid(protocol, {0, 0, 50});
  CHECK(grid.axes == g.gantry_axes());
  // The gantry's top, which is anterior (-y), leans towards the feet (-z).
  CHECK(grid.axes.col(1).z() == Approx(std::sin(10.0 * units::deg)));
  const double half = 0.5 * double(protocol.matrix - 1);
  const Vec3 index(half, half, 0.5 * double(protocol.slices - 1));
  CHECK((grid.origin + grid.axes * grid.spacing.cwiseProduct(index) - Vec3(0, 0, 50)).norm() <
        1e-9);
  CHECK(trial::scan_reach(g, 50.0) > 230.0 * std::sin(10.0 * units::deg));
}

TEST_CASE("a short scan's views, times and dose are those of its arc") {
  // The scanner of the scenario: 984 views a turn, a fan of +-27.4 degrees.
  CHECK_THROWS_WITH(read(with_protocol("scan_arc_deg", Value(200.0))),
                    Catch::Contains("turns 200 degrees") && Catch::Contains("Raise scan_arc_deg"));
  CHECK(trial::fingerprint(read(with_protocol("scan_arc_deg", Value(360.0)))) ==
        trial::fingerprint(read(scenario())));
  const trial::Scenario part = read(with_protocol("scan_arc_deg", Value(240.0)));
  const trial::Scenario whole = read(scenario());
  const Scanner& scanner = part.arms.scanners[0];
  const ScanGeometry g = trial::scan_geometry(scanner, part.arms.protocol, 0.0, 0.1);
  const ScanGeometry full = trial::scan_geometry(scanner, whole.arms.protocol, 0.0, 0.1);
  const Index views = 657;  // 240 / 360 of 984, and the last
  CHECK(views_per_turn(g) == views);
  CHECK(views_per_turn(full) == 984);
  CHECK(g.views() * 984 == full.views() * views);
  for (Index v = 0; v < g.views(); ++v) {
    const Index same = v / views * 984 + v % views;
    CHECK(g.view_angles[std::size_t(v)] == full.view_angles[std::size_t(same)]);
    CHECK(g.table_positions[std::size_t(v)] == full.table_positions[std::size_t(same)]);
  }
  // The table starts as soon as the tube is off.
  const double turn = part.arms.protocol.rotation_time, pause = part.arms.protocol.table_time;
  if (g.views() > views)
    CHECK(g.view_times[std::size_t(views)] - g.view_times[0] ==
          Approx(turn * double(views) / 984.0 + pause).epsilon(1e-12));
  CHECK(turned_share(g) == Approx(double(views) / 984.0));
  CHECK(turned_share(full) == 1.0);
}

TEST_CASE("an algorithm is refused where it does not suit the scan") {
  const auto arms = trial::make_plan(read(with_protocol("algorithm", Value("direct")))).arms;
  CHECK(arms.front().algorithm_name == "direct");
  CHECK(trial::make_plan(read(scenario())).arms.front().algorithm_name == "fbp");
  CHECK_THROWS_WITH(read(with_protocol("algorithm", Value("wavelets"))),
                    Catch::Contains("wavelets"));
  const auto direct_with = [](const char* key, Value value) {
    Value all = with_protocol("algorithm", Value("direct"));
    for (auto& part : std::get<Value::Map>(all.data))
      if (part.key == "arms")
        for (auto& member : std::get<Value::Map>(part.value.data))
          if (member.key == "protocol") member.value.set(key, value);
    return all;
  };
  const auto refused = [&](const char* key, Value value, const char* why) {
    CHECK_NOTHROW(read(with_protocol(key, value)));
    CHECK_THROWS_WITH(read(direct_with(key, value)), Catch::Contains(why));
  };
  refused("mode", Value("helical"), "knows no helical scan");
  refused("gantry_tilt_deg", Value(10.0), "knows no tilted gantry");
  CHECK_NOTHROW(read(direct_with(
      "corrections", Value().set("metal", Value().set("threshold_hu", Value(2500.0))))));
}

TEST_CASE(
    "a protocol's flying focal spot needs a scanner that deflects it so that rays interleave") {
  CHECK_THROWS_WITH(read(with_protocol("flying_focal_spot", Value("z"))),
                    Catch::Contains("does not deflect its focal spot"));
  Scanner scanner = read(scenario()).arms.scanners[0];
  trial::Protocol protocol = read(scenario()).arms.protocol;
  scanner.flying_focal_spot = FlyingFocalSpot{0.0, 0.0};
  protocol.flying_focal_spot = "both";
  CHECK(trial::scan_geometry(scanner, protocol, 0.0, 0.0).focal_shifts.empty());
  scanner.flying_focal_spot = FlyingFocalSpot{0.7, 0.7};
  protocol.mode = "helical";
  const ScanGeometry g = trial::scan_geometry(scanner, protocol, 0.0, 0.0);
  CHECK(std::ssize(g.focal_shifts) == g.views());
  CHECK(g.focal_shift(5) == g.focal_shift(1));
  CHECK(interleave(g,
                   0.5 * g.row_pitch * g.source_to_iso / (g.source_to_detector - g.source_to_iso),
                   g.row_pitch) == Approx(0.5));
}

TEST_CASE("a plan tells where the detector sees less than the image shows") {
  CHECK(trial::geometry_notes(trial::make_plan(read(scenario()))).empty());
  const auto plan = trial::make_plan(read(with_protocol("field_of_view_mm", Value(520.0))));
  const auto notes = trial::geometry_notes(plan);
  REQUIRE(notes.size() == 2);
  CHECK(notes[0].find("a sees 249 mm about its axis (the image reaches 260 mm)") == 0);
}

TEST_CASE("a scan that meets nothing of the patient is an error with both their places") {
  ScanGeometry g = hardware_geometry(read(scenario()).arms.scanners[0]);
  g.view_angles = {0.0};
  g.table_positions = {10.0};
  Scene scene;
  trial::require_met(false, g, scene);  // of nothing there is nothing to see
  Solid ball;
  ball.centre = Vec3(0, 0, 400);
  ball.half_axes = Vec3::Constant(20.0);
  scene.solids.push_back(ball);
  CHECK_THROWS_WITH(trial::require_met(false, g, scene),
                    Catch::Contains("from z = -10 to 30 mm") && Catch::Contains("z 380 to 420"));
  trial::require_met(true, g, scene);
}

TEST_CASE("a tube load beyond the tube's power, or beyond the limits of its current, is refused") {
  const auto loaded = [](double power, const char* limit, double ma) {
    Value all = with_protocol("tube_current_modulation", Value().set(limit, Value(ma)));
    for (auto& member : std::get<Value::Map>(all.data))
      if (member.key == "arms")
        for (auto& part : std::get<Value::Map>(member.value.data))
          if (part.key == "scanners")
            for (Value& scanner : std::get<Value::List>(part.value.data))
              scanner.set("tube_power_kw", Value(power));
    return all;
  };
  // 80 mAs in 0.5 s at 120 kV: 160 mA, 19.2 kW.
  CHECK_NOTHROW(read(loaded(19.2, "most_ma", 300.0)));
  CHECK_THROWS_WITH(read(loaded(19.0, "most_ma", 300.0)),
                    Catch::Contains("19.2 kW") && Catch::Contains("takes 19)"));
  CHECK_THROWS_WITH(read(loaded(60.0, "least_ma", 50.0)), Catch::Contains("40 mA"));
  CHECK_THROWS_WITH(read(loaded(60.0, "most_ma", 150.0)), Catch::Contains("160 mA"));
}

// Protocols that trace the same rays, and read them or make images of them otherwise: one trace for
// all, and images that are those of each protocol with a trace of its own.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "coarse_scanner.hpp"
#include "kept_images.hpp"
#include "read_plan.hpp"
#include "stages_in_memory.hpp"
#include "vitrine/trial/detail/streaming.hpp"

using namespace vitrine;
using trial::Stage;

namespace {

Value map() { return Value(Value::Map{}); }

Value scanner(const Value& scatter = {}) {
  Value out = test::coarse_scanner(60.0);
  const_cast<Value&>(*out.find("columns")) = Value(110.0);
  const_cast<Value&>(*out.find("column_pitch_mm")) = Value(8.4);
  if (!scatter.empty()) out.set("scatter", scatter);
  return out;
}

Value protocol(const char* name) {
  return Value()
      .set("name", Value(name))
      .set("kernel", Value("soft"))
      .set("slices", Value(4.0))
      .set("slice_thickness_mm", Value(4.0))
      .set("slice_increment_mm", Value(4.0))
      .set("matrix", Value(32.0))
      .set("field_of_view_mm", Value(128.0));
}

/// One that no other shares its rays with.
Value helix() { return protocol("helix").set("mode", Value("helical")).set("pitch", Value(0.9)); }

/// All of the same rays.
Value::List alike() {
  return {
      protocol("plain"),
      protocol("corrected")
          .set("corrections", Value()
                                  .set("rings", map())
                                  .set("bone", Value().set("material", Value("cortical_bone")))),
      protocol("modulated")
          .set("tube_current_modulation", Value().set("angular_strength", Value(0.5))),
      protocol("hardened").set("water_correction", Value(false)),
      protocol("cut").set("truncation_extension", Value(false)),
      protocol("quick").set("rotation_time_s", Value(0.25))};
}

Value document(const Value::List& protocols, const Value& machine = scanner(),
               const Value& vary = map(), const Value& follow_up = {}) {
  const Value shape = Value().set("kind", Value("sphere")).set("diameter_mm", Value(20.0));
  Value arms =
      Value().set("scanners", Value::List{machine}).set("protocols", protocols).set("vary", vary);
  if (!follow_up.empty()) arms.set("follow_up", follow_up);
  return Value()
      .set("vitrine", Value(1.0))
      .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
      .set("patients",
           Value()
               .set("count", Value(1.0))
               .set("anatomy", Value().set("kind", Value("thorax")).set("vessel_twigs", Value(1.0)))
               .set("lesions", Value::List{Value().set("shape", shape)}))
      .set("arms", arms)
      .set("measure", Value().set("features", Value::List{Value("statistics")}));
}

trial::TrialResult run(const trial::Plan& plan, test::KeptImages& kept,
                       trial::StageStore* store = nullptr) {
  return trial::run(
      plan, kept, kept, kept, best_isa(), [] { return false; }, store);
}

/// The rows of a case's features that are of a protocol, in their order.
std::vector<std::vector<Table::Cell>> rows_of(const trial::CaseResult& of,
                                              const std::string& name) {
  std::vector<std::vector<Table::Cell>> rows;
  std::ranges::copy_if(of.features.rows, std::back_inserter(rows),
                       [&](const auto& row) { return std::get<std::string>(row.back()) == name; });
  return rows;
}

/// Each protocol's images and features in `together` are those of a trial of a helix and that
/// protocol alone, which share none of their `traces` each.
void check_alone(const Value::List& protocols, const test::KeptImages& together,
                 const Value& machine, const Value& vary, std::uint64_t traces = 1) {
  for (std::size_t p = 1; p < protocols.size(); ++p) {
    const std::string& name = *protocols[p].find("name")->as<std::string>();
    INFO(name);
    test::KeptImages apart;
    const auto result = run(test::plan_of(document({helix(), protocols[p]}, machine, vary)), apart);
    CHECK(result.stages[Stage::trace].made == 2 * traces);
    std::size_t same = 0;
    for (const auto& [arm, image] : apart.images) {
      if (arm.find(name) == std::string::npos) continue;
      const Image& its = together.images.at(arm);
      REQUIRE(its.grid() == image.grid());
      CHECK(std::ranges::equal(its.values(), image.values()));
      ++same;
    }
    CHECK(same > 0);
    // CSV's text, in which a missing number is equal to another.
    Table its, alone;
    its.rows = rows_of(together.cases.front(), name);
    alone.rows = rows_of(apart.cases.front(), name);
    CHECK_FALSE(its.rows.empty());
    CHECK(its.to_csv() == alone.to_csv());
  }
}

}  // namespace

TEST_CASE("protocols that differ in corrections, modulation or time share rays, each its images") {
  const trial::Plan plan = test::plan_of(document(alike()));
  test::KeptImages together;
  const auto result = run(plan, together);
  test::check_once(result.stages);
  CHECK(result.stages[Stage::scene].made == 1);
  CHECK(result.stages[Stage::trace].made == 1);
  CHECK(trial::estimate(plan, 1).traced_scans == 1);
  CHECK(trial::estimate(plan, 1).scans == 6);
  CHECK(result.stages[Stage::read_out].made == 12);  // with noise and without
  check_alone(alike(), together, scanner(), map());
}

TEST_CASE("scatter of one protocol's scan is no part of another's") {
  const Value machine = scanner(Value().set("kernel_histories", Value(1000.0)));
  const Value::List protocols{protocol("plain"), alike()[1], alike()[2]};
  test::KeptImages together;
  const auto result = run(test::plan_of(document(protocols, machine)), together);
  test::check_once(result.stages);
  CHECK(result.stages[Stage::trace].made == 1);
  check_alone(protocols, together, machine, map());
}

TEST_CASE("tube voltages and doses of several protocols are one trace, with a heel one a voltage") {
  const Value vary = Value()
                         .set("tube_voltage_kv", Value::List{Value(80.0), Value(120.0)})
                         .set("tube_load_mas", Value::List{Value(40.0), Value(80.0)});
  const Value::List protocols{alike()[2], alike()[0]};
  for (const bool heel : {false, true}) {
    Value machine = scanner();
    if (heel) machine.set("heel_effect", Value(true));
    const trial::Plan plan = test::plan_of(document(protocols, machine, vary));
    test::KeptImages together;
    const auto result = run(plan, together);
    test::check_once(result.stages);
    CHECK(result.stages[Stage::trace].made == (heel ? 2 : 1));
    CHECK(trial::estimate(plan, 1).traced_scans == result.stages[Stage::trace].made);
    check_alone(protocols, together, machine, vary, heel ? 2 : 1);
  }
}

TEST_CASE(
    "visits in every arm share their rays too, and rays of a patient who moves wait in time") {
  const Value visits =
      Value().set("days", Value::List{Value(60.0)}).set("scans", Value("every_arm"));
  const trial::Plan plan = test::plan_of(document(alike(), scanner(), map(), visits));
  test::KeptImages kept;
  const auto result = run(plan, kept);
  test::check_once(result.stages);
  CHECK(result.stages[Stage::trace].made == 2);
  CHECK(trial::estimate(plan, 1).traced_scans == 2);

  Value::List breathing = alike();
  for (Value& each : breathing)
    each.set("motion", Value::List{Value().set("kind", Value("breathing"))});
  const trial::Plan moved = test::plan_of(document(breathing));
  test::KeptImages other;
  const auto of_moved = run(moved, other);
  CHECK(of_moved.stages[Stage::trace].made == 2);  // a quick rotation sees another patient
  CHECK(trial::estimate(moved, 1).traced_scans == 2);
}

TEST_CASE("shared rays are kept once and loaded once") {
  const trial::Plan plan = test::plan_of(document(alike()));
  test::StagesInMemory store;
  test::KeptImages first, second;
  run(plan, first, &store);
  const trial::KeptShape rays{60, 110 * 16, 2};
  // Without the images that another dose would need no more.
  std::erase_if(store.all, [&](const auto& entry) {
    const trial::KeptShape& shape = store.shapes.at(entry.first);
    return shape.steps != rays.steps || shape.cells != rays.cells || shape.values != rays.values;
  });
  REQUIRE(store.all.size() == 1);
  const auto result = run(plan, second, &store);
  test::check_once(result.stages);
  CHECK(result.stages[Stage::trace].loaded == 1);
  for (const auto& [arm, image] : first.images)
    CHECK(std::ranges::equal(second.images.at(arm).values(), image.values()));
}

TEST_CASE("a plan keeps shared rays once") {
  const auto cache_bytes = [](const Value::List& protocols) {
    return trial::estimate(test::plan_of(document(protocols)), 1).cache_bytes;
  };
  const Value::List all = alike();
  const double rays = 60.0 * 110.0 * 16.0 * 2.0 * sizeof(float);
  CHECK(cache_bytes({all[0], all[1]}) ==
        Approx(cache_bytes({all[0]}) + cache_bytes({all[1]}) - rays));
}

TEST_CASE("scans of several protocols are traced together as long as they fit into memory") {
  Value machine = test::coarse_scanner(984.0);
  const_cast<Value&>(*machine.find("columns")) = Value(888.0);
  const_cast<Value&>(*machine.find("column_pitch_mm")) = Value(0.9);
  const_cast<Value&>(*machine.find("rows")) = Value(64.0);
  const_cast<Value&>(*machine.find("row_pitch_mm")) = Value(0.9);
  const auto passes = [&](double slices) {
    Value::List protocols = alike();
    for (Value& each : protocols) const_cast<Value&>(*each.find("slices")) = Value(slices);
    return trial::estimate(test::plan_of(document(protocols, machine)), 1);
  };
  CHECK(passes(4).traced_scans == 1);
  CHECK(passes(100).traced_scans > 1);  // 400 mm are 13 turns: 3 GB a reading
  CHECK(passes(100).memory_bytes < 16e9);
  CHECK(passes(100).memory_bytes > passes(4).memory_bytes);
}

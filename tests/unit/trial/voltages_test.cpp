// Scans at several tube voltages: which of them are traced together.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "vitrine/trial/detail/streaming.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;

namespace {

using Groups = std::vector<std::vector<double>>;

Value scanner() {
  return Value()
      .set("name", Value("a"))
      .set("source_to_iso_mm", Value(541.0))
      .set("source_to_detector_mm", Value(949.0))
      .set("columns", Value(888.0))
      .set("rows", Value(64.0))
      .set("column_pitch_mm", Value(0.9))
      .set("row_pitch_mm", Value(0.9))
      .set("views_per_rotation", Value(984.0))
      .set("anode_angle_deg", Value(7.0));
}

trial::Plan plan_of(const Value& hardware, double slices, Value::List doses) {
  const Value all =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
          .set("patients", Value().set("count", Value(1.0)).set("anatomy", Value("thorax")))
          .set("arms",
               Value()
                   .set("scanners", Value::List{hardware})
                   .set("protocol", Value()
                                        .set("kernel", Value("soft"))
                                        .set("slice_thickness_mm", Value(2.5))
                                        .set("slice_increment_mm", Value(2.5))
                                        .set("slices", Value(slices)))
                   .set("vary", Value()
                                    .set("tube_voltage_kv",
                                         Value::List{Value(80.0), Value(120.0), Value(140.0)})
                                    .set("tube_load_mas", std::move(doses))));
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(all, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}
Groups groups_of(const trial::Plan& plan) {
  const trial::detail::ScannedAlike all{plan.scenario.arms, plan.arms};
  Groups groups;
  for (const auto& pass : trial::detail::trace_passes({&all, 1}, 0)) {
    groups.emplace_back();
    for (const auto& [way, voltage] : pass) groups.back().push_back(voltage);
  }
  return groups;
}

}  // namespace

TEST_CASE("scans at several voltages are traced together as long as they fit into memory") {
  const auto small = plan_of(scanner(), 8, {Value(80.0)});
  CHECK(groups_of(small) == Groups{{80.0, 120.0, 140.0}});
  CHECK(trial::estimate(small, 1).traced_scans == 1);
  CHECK(trial::estimate(small, 1).scans == 3);
  // 300 mm are ten turns: 2.2 GB an output, and four doses make five.
  const auto large = plan_of(scanner(), 120, {Value(20.0), Value(40.0), Value(80.0), Value(160.0)});
  CHECK(groups_of(large) == Groups{{80.0}, {120.0}, {140.0}});
  CHECK(trial::estimate(large, 1).traced_scans == 3);
}

TEST_CASE("a heel effect keeps the voltages' rays apart") {
  Value hardware = scanner();
  hardware.set("heel_effect", Value(true));
  CHECK(groups_of(plan_of(hardware, 8, {Value(80.0)})) == Groups{{80.0}, {120.0}, {140.0}});
}

TEST_CASE("a plan of three voltages in one pass is shorter than three passes, and takes more") {
  const auto together = plan_of(scanner(), 8, {Value(80.0)});
  Value apart = scanner();
  apart.set("heel_effect", Value(true));
  const auto each = trial::estimate(plan_of(apart, 8, {Value(80.0)}), 1);
  const auto all = trial::estimate(together, 1);
  CHECK(all.seconds < each.seconds);
  CHECK(all.memory_bytes > each.memory_bytes);
  CHECK(all.images == each.images);
}

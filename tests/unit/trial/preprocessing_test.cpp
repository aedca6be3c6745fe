// Preprocessing under test in whole trials: rows, both sides of the comparison, and arms that do
// not notice.
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <set>

#include "two_chests.hpp"
#include "vitrine/trial/analysis.hpp"
#include "vitrine/trial/detail/content_keys.hpp"

using namespace vitrine;

namespace {

Value step(const char* kind) { return Value().set("kind", Value(kind)); }
Value named(const char* name, const Value& one) {
  return Value().set("name", Value(name)).set("steps", Value::List{one});
}

Value::List some() {
  const Value grid = Value(Value::List{Value(2.0), Value(2.0), Value(2.0)});
  return {named("nothing", step("gaussian").set("sd_mm", Value(0.1))),  // a tenth of a voxel
          named("smooth", step("gaussian").set("sd_mm", Value(2.0))),
          named("common_grid", step("resample").set("spacing_mm", grid)),
          named("normalised", step("z_score"))};
}

Value measure_of(const Value::List& preprocessing) {
  Value measure = Value().set(
      "features",
      Value::List{Value("statistics"), Value("morphology.sphericity"), Value("glcm.contrast")});
  if (!preprocessing.empty()) measure.set("preprocessing", preprocessing);
  return measure;
}

trial::Plan plan_of(const Value::List& preprocessing, const Value::List& analyse = {}) {
  Diagnostics problems;
  auto scenario = test::two_chests(measure_of(preprocessing), problems, analyse);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

std::string messages(const Value::List& preprocessing) {
  Diagnostics problems;
  test::two_chests(measure_of(preprocessing), problems);
  std::string text;
  for (const auto& entry : problems.entries()) text += entry.message + '\n';
  return text;
}

const std::string& text(const std::vector<Table::Cell>& row, std::size_t column) {
  return std::get<std::string>(row[column]);
}

}  // namespace

TEST_CASE("a scenario's preprocessing is checked with the voxels of its images") {
  CHECK(messages(some()).empty());
  CHECK(messages({named("a", step("gausian"))}).find("Did you mean 'gaussian'") !=
        std::string::npos);
  const Value smooth = step("gaussian").set("sd_mm", Value(1.0));
  CHECK(messages({named("a", smooth), named("a", smooth)})
            .find("two preprocessings are called 'a'") != std::string::npos);
  CHECK(messages({named("none", smooth)}).find("cannot be called 'none'") != std::string::npos);
  CHECK(messages({named("mean_only", smooth)}).find("a way of ComBat") != std::string::npos);
  // 200 mm in 128 pixels, slices every 2 mm: 1 / (2 (2 / 1.5625^2 + 1 / 4)) = 0.468 mm2.
  const auto diffusion = [](double steps) {
    return step("anisotropic_diffusion").set("sd_mm", Value(2.0)).set("steps", Value(steps));
  };
  const std::string unstable = messages({named("quick", diffusion(4))});
  CHECK(unstable.find("preprocessing 'quick': anisotropic_diffusion with sd_mm 2 in 4 steps is "
                      "unstable on voxels of 1.5625 x 1.5625 x 2 mm") != std::string::npos);
  CHECK(unstable.find("Use at least 5 steps") != std::string::npos);
  CHECK(messages({named("slow", diffusion(5))}).empty());
  // A scenario without preprocessing keeps its fingerprint: the key is not written.
  CHECK(to_json(trial::Scenario::schema().write(plan_of({}).scenario)).find("preprocessing") ==
        std::string::npos);
}

TEST_CASE("preprocessing is part of what is measured, and costs what its steps take") {
  const trial::Plan without = plan_of({}), with = plan_of(some());
  const auto key = [](const trial::Plan& plan) {
    return trial::detail::measure_key("image", plan.scenario.measure, plan.arms.front(), true);
  };
  CHECK(key(without) != key(with));
  const auto image = [](const trial::Plan& plan) {
    return trial::detail::image_key("lines", Grid{}, plan.scenario.arms.protocol,
                                    plan.arms.front());
  };
  CHECK(image(without) == image(with));
  const auto seconds = [](const Value::List& preprocessing) {
    return trial::estimate(plan_of(preprocessing), 1).seconds;
  };
  const double one = seconds({some()[1]}) - seconds({});
  CHECK(one > 0.0);
  CHECK(seconds({some()[1], named("again", step("gaussian").set("sd_mm", Value(2.0)))}) -
            seconds({}) ==
        Approx(2 * one));
}

TEST_CASE("preprocessing measures every image and the truth once more and changes no row",
          "[full]") {
  const Value::List analyse{Value("icc"), Value("repeatability"), Value("bias_vs_truth"),
                            Value("harmonisation")};
  const trial::Plan without = plan_of({}, analyse), with = plan_of(some(), analyse);
  const trial::TrialResult plain = test::run(without), tried = test::run(with);
  const Table before = plain.all(&trial::CaseResult::features);
  const Table after = tried.all(&trial::CaseResult::features);
  REQUIRE(before.rows.size() > 100);
  REQUIRE(after.columns.back() == "preprocessing");

  Table kept;
  kept.columns = before.columns;
  std::map<std::string, Table> of;
  std::map<std::string, std::set<std::string>> replicates;
  for (const auto& row : after.rows) {
    const std::string& name = text(row, row.size() - 1);
    of[name].columns = before.columns;
    of[name].add({row.begin(), row.end() - 1});
    replicates[name].insert(text(row, after.column("replicate")));
  }
  CHECK(of.at("none").to_csv() == before.to_csv());
  CHECK(replicates.at("smooth") ==
        std::set<std::string>{"truth", "noiseless", "scan", "reposition1", "reposition2"});
  for (const auto& [name, rows] : of) CHECK(rows.rows.size() == before.rows.size());
  // A Gaussian narrower than voxels changes nothing, and so does the way through a piece.
  CHECK(of.at("nothing").to_csv() == before.to_csv());
  CHECK(of.at("smooth").to_csv() != before.to_csv());
  const std::size_t feature = before.column("feature"), unit = before.column("unit"),
                    value = before.column("value");
  for (const auto& row : of.at("normalised").rows) {
    if (text(row, feature) == "statistics.mean") {
      CHECK(std::get<double>(row[value]) == Approx(0).margin(1e-5));
      CHECK(text(row, unit) == "SD");
    }
    if (text(row, feature) == "statistics.variance") CHECK(text(row, unit) == "SD^2");
    if (text(row, feature) == "statistics.variance" &&
        text(row, before.column("replicate")) == "scan")
      CHECK(std::get<double>(row[value]) == Approx(1).epsilon(1e-4));
  }

  // The arms' statistics are those of the images as they are.
  const trial::Analysis one = trial::analyse(without, plain), two = trial::analyse(with, tried);
  CHECK(one.stability.to_csv() == two.stability.to_csv());
  CHECK(one.bias.to_csv() == two.bias.to_csv());
  CHECK(one.preprocessing.columns.empty());
  REQUIRE(two.preprocessed.size() == some().size());
  for (std::size_t p = 0; p < two.preprocessed.size(); ++p)
    CHECK(two.preprocessed[p].features.size() == two.study.features.size());
  const auto find = [&](std::size_t preprocessing, const char* id) {
    for (const auto& each : two.preprocessed[preprocessing].features)
      if (each.feature.id == id) return each;
    throw Error(Error::Kind::data, "no such feature");
  };
  // What changes nothing is as near to the truth as before.
  const auto same = find(0, "statistics.mean");
  CHECK(same.error.ratio.value == Approx(1));
  CHECK(same.after.icc.value == same.before.icc.value);
  CHECK(same.after.bias.value == same.before.bias.value);
  // Smoothing takes noise away, and the object's own spread with it.
  const auto smooth = find(1, "statistics.variance");
  CHECK(smooth.after.within_cv.has_value() == smooth.before.within_cv.has_value());
  CHECK(smooth.object_error.before.value == smooth.error.before.value);
  CHECK(smooth.object_error.after.value != smooth.error.after.value);
  // Errors in HU and in standard deviations cannot be compared.
  const auto normal = find(3, "statistics.median");
  CHECK(normal.unit_after == "SD");
  CHECK(normal.error.ratio.reason.find("counts SD instead of HU") != std::string::npos);
  CHECK(find(3, "glcm.contrast").error.ratio.reason.find("other bins") != std::string::npos);
  CHECK(find(1, "glcm.contrast").error.ratio.has_value());
  CHECK(find(3, "morphology.sphericity").error.before.has_value());

  // Beside ComBat, by every truth; ComBat itself is as it was.
  std::map<std::string, std::size_t> runs;
  for (const auto& run : two.harmonised) ++runs[run.method];
  for (const char* name : {"parametric", "nothing", "smooth", "common_grid", "normalised"})
    CHECK(runs[name] == 3);
  REQUIRE(two.harmonisation.rows.size() > one.harmonisation.rows.size());
  for (std::size_t r = 0; r < one.harmonisation.rows.size(); ++r)
    CHECK(text(two.harmonisation.rows[r], 0) == text(one.harmonisation.rows[r], 0));
}

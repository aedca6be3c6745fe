// Strata in a trial: who is named, and what is said of each stratum.
#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <string>

#include "coarse_scanner.hpp"
#include "kept_images.hpp"
#include "vitrine/trial/analysis.hpp"

using namespace vitrine;

namespace {

Value stratum(const char* name, double count, double diameter) {
  return Value()
      .set("name", Value(name))
      .set("count", Value(count))
      .set("lesions",
           Value::List{Value().set(
               "shape", Value().set("kind", "sphere").set("diameter_mm", Value(diameter)))});
}

trial::Plan plan_of(Value::List strata, double sites) {
  Value arms = Value()
                   .set("scanners", Value::List{test::coarse_scanner(120)})
                   .set("protocol", Value()
                                        .set("kernel", Value("soft"))
                                        .set("slices", Value(8.0))
                                        .set("slice_thickness_mm", Value(2.5))
                                        .set("slice_increment_mm", Value(2.5))
                                        .set("matrix", Value(96.0)));
  if (sites > 0.0)
    arms.set("sites",
             Value::List{Value()
                             .set("count", Value(sites))
                             .set("deviations", Value().set("calibration_hu", Value(20.0)))});
  const Value all =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
          .set("patients",
               Value()
                   .set("anatomy", Value().set("kind", "thorax").set("vessel_twigs", Value(4.0)))
                   .set("strata", std::move(strata)))
          .set("arms", std::move(arms))
          .set("measure", Value()
                              .set("features", Value::List{Value("statistics.mean"),
                                                           Value("morphology.volume_mesh")})
                              .set("settings", Value().set("spacing_mm", Value(2.0))));
  Diagnostics problems;
  auto scenario = trial::Scenario::schema().read(all, problems);
  problems.throw_if_any();
  return trial::make_plan(std::move(scenario));
}

std::vector<double> values_of(const evaluation::Study& study) {
  std::vector<double> all;
  for (const auto& sample : study.samples)
    all.insert(all.end(), sample.values.begin(), sample.values.end());
  return all;
}

}  // namespace

TEST_CASE("a plan lists the patients of each stratum under its name") {
  const auto plan = plan_of({stratum("small", 2, 8), stratum("large", 1, 20)}, 0);
  CHECK(plan.cases == std::vector<std::string>{"small_001", "small_002", "large_001"});
}

TEST_CASE("tables say whose stratum and which site, and another stratum changes no row", "[full]") {
  const auto run = [](const trial::Plan& plan) {
    test::KeptImages kept;
    return trial::run(plan, kept, kept, kept, best_isa(), [] { return false; });
  };
  const auto plan = plan_of({stratum("small", 1, 10), stratum("large", 1, 20)}, 2);
  const auto result = run(plan);
  REQUIRE(result.cases.size() == 2);
  const Table patients = result.all(&trial::CaseResult::patients);
  CHECK(patients.columns == std::vector<std::string>{"case", "parameter", "value", "stratum"});
  for (const auto& row : patients.rows)
    CHECK(std::get<std::string>(row[0]) == std::get<std::string>(row[3]) + "_001");
  const Table features = result.all(&trial::CaseResult::features);
  CHECK(features.columns[features.columns.size() - 2] == "stratum");
  CHECK(features.columns.back() == "site");
  std::set<std::string> sites;
  for (const auto& row : features.rows) {
    const auto& arm = std::get<std::string>(row[features.column("arm")]);
    const auto& site = std::get<std::string>(row.back());
    sites.insert(site);
    CHECK(arm.starts_with(site));
    CHECK((arm == "object") == site.empty());
  }
  CHECK(sites == std::set<std::string>{"", "coarse_site1", "coarse_site2"});

  const auto alone = run(plan_of({stratum("small", 1, 10)}, 1));
  // A further stratum and a further site: the rows of the first site and stratum stay.
  const Table before = alone.cases[0].features;
  std::size_t same = 0;
  for (const auto& row : before.rows)
    for (const auto& other : result.cases[0].features.rows) same += row == other;
  CHECK(same == before.rows.size());

  // Statistics of one stratum are those of a trial of its patients.
  const trial::Analysis both = trial::analyse(plan, result);
  REQUIRE(both.by_stratum.size() == 2);
  CHECK(both.by_stratum[0].patients == 1);
  CHECK(both.strata.columns.front() == "stratum");
  CHECK(both.strata.rows.size() == 4);
  const std::string ids[] = {"small_001"};
  const evaluation::Study part = trial::of_patients(both.study, ids);
  CHECK(part.lesions.size() == 1);
  trial::TrialResult one;
  one.cases.add(result.cases[0]);
  CHECK(values_of(part) == values_of(trial::analyse(plan, one).study));
  // One patient has no agreement: withheld with its reason.
  const auto& icc = both.by_stratum[0].rows[0].icc;
  CHECK(std::isnan(icc.value));
  CHECK_FALSE(icc.reason.empty());
}

// What a trial's statistics take for random, and harmonisation in a trial. Nothing is simulated.
#include "vitrine/trial/statistics.hpp"

#include <catch2/catch.hpp>
#include <cmath>

#include "coarse_scanner.hpp"
#include "read_plan.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/trial/arm_factors.hpp"
#include "vitrine/trial/harmonisation.hpp"

using namespace vitrine;

namespace {

/// Two kernels, and two sites if asked for; `more` goes into the scenario, problems into
/// `problems`.
trial::Scenario scenario(const Value& more, Diagnostics& problems, bool sites = false,
                         Value design = {}) {
  Value arms = Value()
                   .set("scanners", Value::List{test::coarse_scanner(120)})
                   .set("protocol", Value().set("kernel", Value("soft")));
  if (design.empty())
    arms.set("vary", Value().set("kernel", test::words({"soft", "sharp"})));
  else
    arms.set("design", std::move(design));
  if (sites) arms.set("sites", Value::List{Value().set("count", Value(3.0))});
  Value all = Value()
                  .set("vitrine", Value(1.0))
                  .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
                  .set("patients",
                       Value()
                           .set("count", Value(12.0))
                           .set("anatomy", Value().set("kind", "thorax"))
                           .set("lesions",
                                Value::List{Value().set("shape", Value().set("kind", "sphere"))}))
                  .set("arms", std::move(arms));
  for (const auto& member : *more.as<Value::Map>()) all.set(member.key, member.value);
  return trial::Scenario::schema().read(all, problems);
}

trial::Plan plan_of(const Value& more, bool sites = false, Value design = {}) {
  Diagnostics problems;
  auto read = scenario(more, problems, sites, std::move(design));
  problems.throw_if_any();
  return trial::make_plan(std::move(read));
}

std::vector<evaluation::ArmFactor> factors_of(const trial::Plan& plan) {
  return trial::arm_factors(plan.scenario.arms, plan.arms, plan.sites,
                            plan.scenario.statistics.random);
}

std::string problem(const Value& more, bool sites = false) {
  Diagnostics problems;
  (void)scenario(more, problems, sites);
  return problems.ok() ? "" : problems.entries().front().message;
}

Value statistics(const char* key, Value value) {
  return Value().set("statistics", Value().set(key, std::move(value)));
}

Value harmonised(Value settings = Value(Value::Map{})) {
  return statistics("harmonisation", std::move(settings))
      .set("analyse", test::words({"harmonisation"}));
}

/// Lesions of the plan's patients in all arms: feature 0 is the truth with the site's offset of 5
/// and noise, feature 1 the truth alone.
evaluation::Study study_of(const trial::Plan& plan, Index patients) {
  evaluation::Study study;
  study.features = {{"x.shifted", "x", "", "1"}, {"x.exact", "x", "", "1"}};
  study.factors = factors_of(plan);
  for (const trial::Arm& arm : plan.arms) study.arms.push_back(arm.name);
  Rng rng(make_stream(1, "trial harmonisation", Draw::test), 0);
  for (Index i = 0; i < patients; ++i) {
    const double t = 50.0 + 3.0 * rng.normal();
    study.lesions.push_back({plan.cases[std::size_t(i)], "lesion01", 1.0});
    study.samples.push_back(
        {evaluation::Source::object_truth, i, evaluation::Sample::every_arm, {t, t}, {}});
    for (Index arm = 0; arm < std::ssize(plan.arms); ++arm) {
      const double offset = 5.0 * (double(plan.arms[std::size_t(arm)].scanner) - 1.0);
      study.samples.push_back({evaluation::Source::scan,
                               i,
                               arm,
                               {t + offset + 0.3 * rng.normal(), t + 1e-3 * rng.normal()},
                               {}});
    }
  }
  return study;
}

}  // namespace

TEST_CASE("factors are fixed unless they are declared random") {
  const auto fixed = factors_of(plan_of(Value(Value::Map{}), true));
  REQUIRE(fixed.size() == 2);  // one type of scanner does not vary
  CHECK(fixed[0].name == "site");
  CHECK(fixed[0].kind == evaluation::Effect::fixed);
  CHECK(fixed[1].name == "kernel");
  CHECK(fixed[1].level ==
        std::vector<std::string>{"soft", "sharp", "soft", "sharp", "soft", "sharp"});
  const auto random = factors_of(plan_of(statistics("random", test::words({"site"})), true));
  CHECK(random[0].kind == evaluation::Effect::random);
  CHECK(random[1].kind == evaluation::Effect::fixed);
}

TEST_CASE("a factor that a design takes from an interval is a number") {
  const auto factors = factors_of(plan_of(
      Value(Value::Map{}), false,
      Value()
          .set("kind", Value("latin_hypercube"))
          .set("arms", Value(5.0))
          .set("between", Value().set("tube_load_mas", Value::List{Value(20.0), Value(80.0)}))));
  REQUIRE(factors.size() == 1);
  REQUIRE(factors[0].number.size() == 5);
  for (const double load : factors[0].number) CHECK((load >= 20.0 && load <= 80.0));
}

TEST_CASE("statistics that do not change anything leave the fingerprint alone") {
  CHECK(plan_of(Value(Value::Map{})).fingerprint ==
        plan_of(statistics("random", Value::List{})).fingerprint);
  CHECK(plan_of(Value(Value::Map{})).fingerprint !=
        plan_of(statistics("random", test::words({"kernel"}))).fingerprint);
}

TEST_CASE("statistics of what the trial does not have are refused") {
  CHECK_THAT(problem(statistics("random", test::words({"kernal"}))), Catch::Contains("kernel"));
  CHECK_THAT(problem(statistics("random", test::words({"site"}))),
             Catch::Contains("no arms.sites"));
  CHECK_THAT(problem(statistics("random", test::words({"scanner"})), true),
             Catch::Contains("Name site"));
  CHECK_THAT(problem(statistics("random", test::words({"kernel"}))
                         .set("analyse", test::words({"random_arms"}))),
             Catch::Contains("random goes without random_arms"));
  CHECK_THAT(problem(statistics("harmonisation", Value(Value::Map{}))),
             Catch::Contains("Add harmonisation to analyse"));
  CHECK(problem(harmonised()).empty());
  CHECK_THAT(problem(harmonised(Value().set("label", Value("ill")))),
             Catch::Contains("no stratum 'ill'"));
  CHECK_THAT(problem(harmonised(Value().set("covariates", test::words({"stratum"})))),
             Catch::Contains("needs patients.strata"));
  CHECK_THAT(problem(harmonised(
                 Value().set("batch", Value("kernel")).set("covariates", test::words({"kernel"})))),
             Catch::Contains("batch itself"));
  CHECK_THAT(
      problem(harmonised(Value().set("batch", Value("kernel")).set("reference", Value("sharpp")))),
      Catch::Contains("Did you mean 'sharp'"));
  CHECK_THAT(problem(harmonised(Value().set("methods", test::words({"bayes"})))),
             Catch::Contains("parametric"));
}

TEST_CASE("harmonised sites come nearer to the truth, and every truth has its run") {
  const auto plan =
      plan_of(harmonised(Value().set("methods", test::words({"without_eb", "mean_only"}))), true);
  const auto runs = trial::harmonise(plan, study_of(plan, 12), {.seed = 7, .replicates = 200});
  REQUIRE(runs.size() == 6);
  CHECK(runs[0].method == "without_eb");
  CHECK(runs[0].batch == "site");
  CHECK(runs[0].truth == "t0");
  CHECK(runs[2].truth == "t2");
  const auto& shifted = runs[0].result.features[0];
  CHECK(runs[0].result.refused.empty());
  // Offsets of -5, 0 and 5 leave with errors of the fit alone: noise of 0.3, and their mean is 0.
  CHECK(shifted.error.before.value == Approx(std::sqrt(50.0 / 3.0)).epsilon(0.05));
  CHECK(shifted.error.ratio.high < 0.5);
  CHECK(shifted.icc_after.value > shifted.icc_before.value);
  CHECK(std::isnan(runs[1].result.features[0].error.ratio.value));  // no T1 in this study
  CHECK_FALSE(runs[1].result.features[0].error.ratio.reason.empty());
  const Table table = trial::harmonisation_table(runs);
  CHECK(table.rows.size() == 12);
  CHECK(table.columns.front() == "method");
}

TEST_CASE("harmonisation is refused with its reason, in every row") {
  const auto check = [](const trial::Plan& plan, Index patients, const char* why) {
    const auto runs = trial::harmonise(plan, study_of(plan, patients), {.replicates = 50});
    REQUIRE(runs.size() == 3);
    for (const auto& run : runs) {
      CHECK_THAT(run.result.refused, Catch::Contains(why));
      for (const auto& feature : run.result.features) {
        CHECK(std::isnan(feature.error.ratio.value));
        CHECK(std::isnan(feature.icc_after.value));
      }
    }
    const Table table = trial::harmonisation_table(runs);
    CHECK(table.rows.size() == 6);
    for (const auto& row : table.rows)
      CHECK_THAT(std::get<std::string>(row.back()), Catch::Contains(why));
  };
  // Nine lesions in six arms are 18 images a site, and nine cases.
  check(plan_of(harmonised(), true), 9, "too few lesions in batch");
  check(plan_of(harmonised()), 12, "one batch");
}

TEST_CASE("a bootstrap over patients is no interval of ICC where a site is random") {
  const Value more = Value()
                         .set("analyse", test::words({"harmonisation"}))
                         .set("statistics", Value()
                                                .set("random", test::words({"site"}))
                                                .set("harmonisation", Value(Value::Map{})));
  const auto plan = plan_of(more, true);
  const auto runs = trial::harmonise(plan, study_of(plan, 12), {.replicates = 100});
  for (const auto& feature : runs[0].result.features) {
    CHECK(feature.icc_before.has_value());
    CHECK_FALSE(feature.icc_before.has_interval());
    CHECK_THAT(feature.icc_after.reason, Catch::Contains("random"));
  }
}

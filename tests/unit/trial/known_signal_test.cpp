// A label that strata give to lesions, and what a trial finds of it. Nothing is simulated.
#include "vitrine/trial/known_signal.hpp"

#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "coarse_scanner.hpp"
#include "read_plan.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;

namespace {

Value lesion(Value heterogeneity) {
  return Value()
      .set("shape", Value().set("kind", "sphere"))
      .set("texture",
           Value().set("kind", Value("solid")).set("heterogeneity_hu", std::move(heterogeneity)));
}

Value normal(double mean, double sd) {
  return Value().set("normal", Value().set("mean", Value(mean)).set("sd", Value(sd)));
}

Value stratum(const char* name, double count, Value heterogeneity) {
  return Value()
      .set("name", Value(name))
      .set("count", Value(count))
      .set("lesions", Value::List{lesion(std::move(heterogeneity))});
}

struct Wanted {
  Value::List strata{stratum("well", 30, normal(30, 4)), stratum("ill", 30, normal(36, 4))};
  Value settings = Value().set("label", Value("ill"));
  Value analyse = test::words({"known_signal"});
  Value quality = Value("full");
};

/// Two kernels for sites.
Value scenario(const Wanted& wanted) {
  Value all =
      Value()
          .set("vitrine", Value(1.0))
          .set("trial", Value().set("name", Value("t")).set("seed", Value(7.0)))
          .set("patients",
               Value().set("anatomy", Value().set("kind", "thorax")).set("strata", wanted.strata))
          .set("arms", Value()
                           .set("scanners", Value::List{test::coarse_scanner(120)})
                           .set("protocol", Value().set("kernel", Value("soft")))
                           .set("vary", Value().set("kernel", test::words({"soft", "sharp"}))))
          .set("measure",
               Value().set("features", test::words({"statistics", "glcm.joint_entropy"})))
          .set("analyse", wanted.analyse)
          .set("simulation", Value().set("quality", wanted.quality));
  if (!wanted.settings.empty()) all.set("statistics", Value().set("known_signal", wanted.settings));
  return all;
}

Value settings(const char* key, Value value) {
  return Value().set("label", Value("ill")).set(key, std::move(value));
}

/// Every patient's lesion in both arms; the first feature follows the drawn strength.
evaluation::Study study_of(const trial::Plan& plan, trial::DrawnTextures& drawn) {
  evaluation::Study study;
  study.features = {{"statistics.variance", "statistics", "", ""},
                    {"glcm.joint_entropy", "glcm", "", ""}};
  for (const trial::Arm& arm : plan.arms) study.arms.push_back(arm.name);
  Rng rng(make_stream(1, "known signal", Draw::test), 0);
  for (const std::string& id : plan.cases) {
    const Index i = std::ssize(study.lesions);
    const double strength = (id.starts_with("ill") ? 36.0 : 30.0) + 4.0 * rng.normal();
    drawn[{id, "lesion01"}] = strength;
    study.lesions.push_back({id, "lesion01", 1.0});
    const auto add = [&](evaluation::Source source, Index arm, double error) {
      study.samples.push_back({source, i, arm, {strength + error, rng.normal()}, {}});
    };
    add(evaluation::Source::object_truth, evaluation::Sample::every_arm, rng.normal());
    for (Index arm = 0; arm < 2; ++arm) {
      add(evaluation::Source::arm_truth, arm, rng.normal() + 10.0 * double(arm));
      add(evaluation::Source::scan, arm, 3.0 * rng.normal() + 10.0 * double(arm));
    }
  }
  return study;
}

}  // namespace

TEST_CASE("the area of two normal populations is that of the binormal model") {
  const auto area = [](Value::List strata) {
    const auto plan = test::plan_of(scenario({.strata = std::move(strata)}));
    return trial::population_area(plan.scenario.patients, "ill");
  };
  // Phi(d / sqrt 2), d = 1.5; the range of the key cuts next to nothing off.
  CHECK(*area(Wanted{}.strata) == Approx(math::normal_cdf(1.5 / std::sqrt(2.0))).margin(1e-4));
  // Unequal ones: Phi(difference / sqrt(sum of variances)).
  CHECK(*area({stratum("well", 30, normal(30, 4)), stratum("ill", 30, normal(36, 3))}) ==
        Approx(math::normal_cdf(6.0 / 5.0)).margin(1e-4));
  CHECK(*area({stratum("well", 30, normal(30, 4)), stratum("ill", 20, normal(30, 4))}) ==
        Approx(0.5).margin(1e-12));
  // Others of two kinds count by their patients.
  CHECK(*area({stratum("well", 30, normal(30, 4)), stratum("as_ill", 10, normal(36, 4)),
               stratum("ill", 30, normal(36, 4))}) ==
        Approx(0.75 * math::normal_cdf(1.5 / std::sqrt(2.0)) + 0.25 * 0.5).margin(1e-4));
  CHECK_FALSE(area({stratum("well", 30, Value(20.0)), stratum("ill", 30, Value(30.0))}));
}

TEST_CASE("a trial's ladder takes strata for labels and arms for sites") {
  const auto plan = test::plan_of(scenario({.settings = settings("repeats", Value(2.0))}));
  trial::DrawnTextures drawn;
  evaluation::Study study = study_of(plan, drawn);
  const auto ladder = trial::known_signal(plan, study, drawn);
  REQUIRE(ladder.refused.empty());
  CHECK(ladder.with == 30);
  CHECK(ladder.without == 30);
  CHECK(ladder.features.size() == 2);
  CHECK(ladder.rungs.front().name == "population");
  CHECK(ladder.rungs[1].name == "oracle");
  CHECK(ladder.rungs[1].area.low < ladder.rungs.front().area.value);
  CHECK(ladder.rungs[1].area.high > ladder.rungs.front().area.value);
  CHECK(ladder.rungs[2].area.value > 0.65);
  CHECK(evaluation::signal_table(ladder).rows.size() == 12);
  // A lesion that some arm does not show is left out, and so is the oracle where it is not known.
  std::erase_if(study.samples, [](const auto& s) {
    return s.lesion == 4 && s.arm == 1 && s.source == evaluation::Source::scan;
  });
  CHECK(trial::known_signal(plan, study, drawn).lesions == 59);
  CHECK(trial::known_signal(plan, study, {}).rungs.front().name == "t0");
}

TEST_CASE("only the features that were asked for are learnt from") {
  const auto plan = test::plan_of(scenario(
      {.settings = settings("features", test::words({"glcm"})).set("repeats", Value(2.0))}));
  trial::DrawnTextures drawn;
  const auto study = study_of(plan, drawn);
  const auto ladder = trial::known_signal(plan, study, drawn);
  CHECK(ladder.features == std::vector<std::string>{"glcm.joint_entropy"});
  CHECK(ladder.rungs[2].area.high < 0.75);  // that one knows nothing
}

TEST_CASE("a known signal that a trial does not have is refused") {
  const auto problem = [](const Wanted& wanted) { return test::problem_of(scenario(wanted)); };
  CHECK(problem({}).empty());
  CHECK_THAT(problem({.settings = Value(Value::Map{})}), Catch::Contains("label"));
  CHECK_THAT(problem({.settings = Value()}), Catch::Contains("known_signal needs a label"));
  CHECK_THAT(problem({.analyse = test::words({"icc"})}),
             Catch::Contains("Add known_signal to analyse"));
  CHECK_THAT(problem({.settings = Value().set("label", Value("il"))}),
             Catch::Contains("Did you mean 'ill'"));
  CHECK_THAT(problem({.strata = {stratum("ill", 30, normal(30, 4))}}),
             Catch::Contains("every patient"));
  const Value::List few{stratum("well", 9, normal(30, 4)), stratum("ill", 30, normal(30, 4))};
  CHECK_THAT(problem({.strata = few}), Catch::Contains("30 patient(s) with the label and 9"));
  CHECK(problem({.strata = few, .quality = Value("draft")}).empty());
  CHECK_THAT(problem({.settings = settings("features", test::words({"glrlm"}))}),
             Catch::Contains("'glrlm' is not measured"));
  CHECK_THAT(problem({.settings = settings("features", test::words({"glcmm"}))}),
             Catch::Contains("glcm"));
  CHECK(problem({.settings = settings("features", test::words({"statistics.mean", "glcm"}))})
            .empty());
  CHECK_THAT(problem({.settings = settings("confounding", Value(0.2))}),
             Catch::Contains("out of range"));
}

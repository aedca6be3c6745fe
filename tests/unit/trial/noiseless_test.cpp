// A trial without images without noise: half of the reconstructions, and the same scans.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "read_plan.hpp"
#include "two_chests.hpp"
#include "vitrine/trial/analysis.hpp"

using namespace vitrine;

namespace {

using trial::Stage;

struct Ran {
  trial::Plan plan;
  test::KeptImages kept;
  trial::TrialResult result;

  explicit Ran(bool noiseless) : plan(planned(noiseless)) {
    result = trial::run(plan, kept, kept, kept, best_isa(), [] { return false; });
  }
  static trial::Plan planned(bool noiseless) {
    Diagnostics problems;
    auto scenario = test::two_chests(Value().set("features", test::words({"statistics"})), problems,
                                     {Value("icc"), Value("bias_vs_truth")});
    problems.throw_if_any();
    scenario.arms.noiseless = noiseless;
    return trial::make_plan(std::move(scenario));
  }
  /// Features, but those of images without noise.
  std::string scanned() const {
    Table all = result.all(&trial::CaseResult::features);
    const std::size_t at = all.column("replicate");
    std::erase_if(all.rows,
                  [&](const auto& row) { return std::get<std::string>(row[at]) == "noiseless"; });
    return all.to_csv();
  }
};

}  // namespace

TEST_CASE("without images without noise, scans are what they were") {
  const Ran with(true), without(false);
  REQUIRE(with.kept.images.size() == 2);
  for (const auto& [arm, image] : with.kept.images)
    CHECK(std::ranges::equal(without.kept.images.at(arm).values(), image.values()));
  CHECK(without.scanned() == with.scanned());
  CHECK(without.scanned() == without.result.all(&trial::CaseResult::features).to_csv());

  // Of each patient: two doses, two repeats, and one image without noise.
  CHECK(with.result.stages[Stage::reconstruct].made == 10);
  CHECK(without.result.stages[Stage::reconstruct].made == 8);
  CHECK(trial::estimate(with.plan, 1).reconstructions == 10);
  CHECK(trial::estimate(without.plan, 1).reconstructions == 8);
  CHECK(without.result.stages[Stage::read_out].made ==
        with.result.stages[Stage::read_out].made - 2);
  CHECK(trial::estimate(without.plan, 1).seconds < trial::estimate(with.plan, 1).seconds);
  CHECK(trial::estimate(without.plan, 1).memory_bytes <=
        trial::estimate(with.plan, 1).memory_bytes);
}

TEST_CASE("without images without noise, the bias against the object is known, no other is") {
  const Ran with(true), without(false);
  const auto all = trial::analyse(with.plan, with.result);
  const auto some = trial::analyse(without.plan, without.result);
  REQUIRE(some.rows.size() == all.rows.size());
  for (std::size_t f = 0; f < all.rows.size(); ++f) {
    INFO(all.rows[f].feature.id);
    const evaluation::Biases &a = all.rows[f].bias, &b = some.rows[f].bias;
    CHECK(b.total.difference.value == a.total.difference.value);
    for (const evaluation::Bias* none : {&b.reference, &b.noise, &b.arm})
      CHECK_FALSE(none->difference.has_value());
    for (const evaluation::Bias* one : {&a.reference, &a.noise}) CHECK(one->difference.has_value());
  }
}

TEST_CASE("what needs images without noise says so") {
  Diagnostics problems;
  auto scenario = test::two_chests(Value().set("features", test::words({"statistics"})), problems);
  problems.throw_if_any();
  const auto problem = [&] { return test::problem_of(trial::Scenario::schema().write(scenario)); };
  scenario.arms.noiseless = false;
  CHECK(problem().empty());
  scenario.trial.context_of_use.acceptable_bias = 0.05;
  CHECK(problem().empty());
  scenario.trial.context_of_use.bias_against = "reference";
  CHECK_THAT(problem(), Catch::Contains("arms.noiseless is false"));
  scenario.trial.context_of_use.bias_against = "object";
  scenario.analyse = {"known_signal"};
  scenario.statistics.known_signal.emplace().label = "x";
  CHECK_THAT(problem(), Catch::Contains("known_signal compares"));
}

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>

#include "support/data.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/io/json.hpp"
#include "vitrine/trial/expected_precision.hpp"
#include "vitrine/trial/plan.hpp"

using namespace vitrine;

namespace {

/// Shipped scenarios that need no file made by another program first.
std::vector<std::string> shipped() {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(test::source_root() / "scenarios")) {
    const std::string name = entry.path().filename().string();
    if (entry.path().extension() == ".yaml" && !name.starts_with("05_"))
      files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("a scenario read back from its canonical form is the same plan") {
  struct Written {
    std::string file;
    std::vector<std::string> overrides;
  };
  std::vector<Written> all;
  for (const std::string& file : shipped()) all.push_back({file, {}});
  REQUIRE(all.size() >= 17);
  for (const char* design :
       {"{kind: list, arms: [{kernel: soft}, {kernel: sharp, tube_load_mas: 20}]}",
        "{kind: latin_hypercube, arms: 4, between: {tube_load_mas: [20, 80]}}"})
    all.push_back(
        {test::source_root() / "scenarios/01_lung_nodule_stability.yaml",
         {"arms.scanners=[scanners/generic_a64.yaml]", "arms.vary={}", "arms.reference={}",
          "arms.repeat={count: 0}", std::string("arms.design=") + design}});
  for (const auto& [file, overrides] : all) {
    CAPTURE(file, overrides.size());
    const trial::Plan plan = trial::make_plan(cli::load_valid_scenario(file, overrides).scenario);
    const std::string text = to_json(plan.written);
    Diagnostics problems;
    trial::Scenario again =
        trial::Scenario::schema().read(io::parse_json(text, "canonical"), problems);
    for (const auto& problem : problems.entries()) UNSCOPED_INFO(problem.message);
    REQUIRE(problems.ok());
    again.files = plan.scenario.files;
    const trial::Plan copy = trial::make_plan(again);
    CHECK(copy.fingerprint == plan.fingerprint);
    REQUIRE(copy.arms.size() == plan.arms.size());
    for (std::size_t i = 0; i < copy.arms.size(); ++i)
      CHECK(copy.arms[i].name == plan.arms[i].name);
    CHECK(copy.reference == plan.reference);
    CHECK(copy.cases == plan.cases);
  }
}

TEST_CASE("more patients, and more lesions in each, promise narrower intervals") {
  const std::string file = test::source_root() / "scenarios/01_lung_nodule_stability.yaml";
  const auto expect = [&](const std::vector<std::string>& overrides) {
    return trial::expected_precision(
        trial::make_plan(cli::load_valid_scenario(file, overrides).scenario));
  };
  const auto few = expect({}), many = expect({"patients.count=24"});
  REQUIRE(few);
  REQUIRE(many);
  CHECK(few->lesions_per_patient == 2.0);  // choice of 1, 2, 3
  CHECK(few->design_effect == 1.5);
  // t(5) 0.1 sqrt(1.5 / 2) / sqrt(6)
  CHECK(few->bias.at(1).half_width == Approx(2.570581836 * 0.1 * std::sqrt(0.75 / 6.0)));
  CHECK(many->bias.at(1).half_width < 0.5 * few->bias.at(1).half_width);
  CHECK(many->icc.at(0).half_width < 0.6 * few->icc.at(0).half_width);
  CHECK(few->icc.at(1).half_width < few->icc.at(0).half_width);
  CHECK(few->repeat_degrees == Approx(8.0));  // 6 x 2 / 1.5 lesions, one degree each
  CHECK(few->wcv_low < 1.0);
  CHECK(few->wcv_high > 1.0);
  // The number of patients depends on the limit and the spread, not on how many there are.
  CHECK(few->bias.at(1).patients_without_bias == many->bias.at(1).patients_without_bias);
  CHECK(*few->bias.at(2).patients_without_bias > *few->bias.at(1).patients_without_bias);
  CHECK(*few->bias.at(1).patients_with_bias > *few->bias.at(1).patients_without_bias);
  CHECK_FALSE(
      expect({"trial.context_of_use.acceptable_bias_percent=0"})->bias.at(0).patients_without_bias);
  CHECK_FALSE(expect({"patients.lesions=[]"}));
  CHECK(expect({"patients.count=3"})->bias.empty());
  CHECK(expect({"arms.repeat.count=0"})->repeat_degrees == 0.0);
}

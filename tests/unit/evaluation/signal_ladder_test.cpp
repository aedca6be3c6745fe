#include "vitrine/evaluation/signal_ladder.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <string>

#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

struct World {
  Index patients = 120, lesions = 1, arms = 4;
  double effect = 1.5;  ///< of the latent, in its standard deviations
  double offset = 3.0;  ///< of sites
};

/// The first feature is the latent with error, the second another measure of it, the third a
/// covariate that neither knows the label nor the latent.
SignalCases simulate(const World& world, std::uint64_t seed = 1) {
  SignalCases cases;
  cases.features = {"a", "b", "c"};
  const Index rows = world.patients * world.lesions;
  cases.object.resize(rows, 3);
  cases.noiseless.assign(std::size_t(world.arms), Eigen::MatrixXd(rows, 3));
  cases.scanned = cases.noiseless;
  Rng rng(make_stream(seed, "ladder", Draw::test), 0);
  for (Index arm = 0; arm < world.arms; ++arm) cases.arms.push_back("site" + std::to_string(arm));
  for (Index row = 0; row < rows; ++row) {
    const Index p = row / world.lesions;
    cases.patient.push_back("p" + std::to_string(p));
    cases.label.push_back(p % 2 == 0);
    const double latent = rng.normal() + (cases.label.back() ? world.effect : 0.0);
    cases.latent.push_back(latent);
    cases.object.row(row) << latent + 0.3 * rng.normal(), latent + 0.5 * rng.normal(), rng.normal();
    for (Index arm = 0; arm < world.arms; ++arm) {
      auto noiseless = cases.noiseless[std::size_t(arm)].row(row);
      noiseless = 10.0 + cases.object.row(row).array();
      // No feature tells the site, and none can be corrected by another.
      for (Index f = 0; f < 3; ++f) noiseless[f] += world.offset * double((arm + 2 * f * arm) % 4);
      auto scanned = cases.scanned[std::size_t(arm)].row(row);
      for (Index f = 0; f < 3; ++f) scanned[f] = noiseless[f] + 0.7 * rng.normal();
    }
  }
  cases.population = math::normal_cdf(world.effect / std::sqrt(2.0));
  return cases;
}

const SignalRung& rung(const SignalLadder& ladder, const std::string& name) {
  const auto found = std::ranges::find(ladder.rungs, name, &SignalRung::name);
  REQUIRE(found != ladder.rungs.end());
  return *found;
}

double half_width(const Estimate& e) { return 0.5 * (e.high - e.low); }

}  // namespace

TEST_CASE("a known signal thins out from rung to rung") {
  const SignalLadder ladder = signal_ladder(simulate({.offset = 4.0}), {.repeats = 4});
  REQUIRE(ladder.refused.empty());
  CHECK(ladder.with == 60);
  CHECK(ladder.without == 60);
  const auto area = [&](const char* name) { return rung(ladder, name).area.value; };
  const SignalRung& best = rung(ladder, "oracle");
  CHECK(area("population") == Approx(0.8556).epsilon(1e-3));
  CHECK(best.area.low < area("population"));
  CHECK(best.area.high > area("population"));
  CHECK(area("t0") < area("oracle"));
  // Sites differ by offsets alone, which one site does not show.
  CHECK(area("noiseless") == Approx(area("t0")).margin(1e-9));
  CHECK(area("one_site") < area("noiseless") - 0.005);
  CHECK(area("sites") < area("one_site") - 0.05);
  CHECK(rung(ladder, "sites").change.high < 0.0);
  CHECK(area("harmonised") > area("sites") + 0.03);
  CHECK(area("null") == Approx(0.5).margin(0.1));  // whatever the signal
  for (const char* name : {"t0", "one_site", "sites", "held_out_site", "harmonised"}) {
    INFO(name);
    const SignalRung& r = rung(ladder, name);
    CHECK(r.change.has_interval());
    CHECK(r.change.value == Approx(area(name) - area(r.against.c_str())).margin(1e-12));
    CHECK(r.from_oracle.value == Approx(area(name) - area("oracle")).margin(1e-12));
    // Paired: narrower than two areas of different patients.
    CHECK(half_width(r.from_oracle) < half_width(r.area));
    CHECK(r.calibration.slope.has_value());
  }
}

TEST_CASE("sites that go with the label look like a signal, where there is none") {
  const SignalLadder ladder = signal_ladder(simulate({.effect = 0.0}, 2), {.repeats = 6});
  const auto& null = rung(ladder, "null");
  CHECK(null.area.low < 0.5);
  CHECK(null.area.high > 0.5);
  CHECK(half_width(null.area) < 0.1);
  CHECK(rung(ladder, "one_site").area.high > 0.45);
  CHECK(rung(ladder, "one_site").area.low < 0.55);
  const auto& confounded = rung(ladder, "null_confounded");
  CHECK(confounded.area.low > 0.6);
  CHECK(confounded.change.low > 0.1);
  CHECK(confounded.change.value == Approx(confounded.area.value - null.area.value).margin(1e-12));
  CHECK(rung(ladder, "confounded").area.low > 0.6);
  CHECK(rung(ladder, "confounded_harmonised").area.value <
        rung(ladder, "confounded").area.value - 0.1);
  // 0.8 of one class and 0.2 of the other at the first half of the sites.
  const SignalLadder stronger =
      signal_ladder(simulate({.effect = 0.0}, 2), {.repeats = 6, .confounding = 0.95});
  CHECK(rung(stronger, "null_confounded").area.value > confounded.area.value + 0.05);
}

TEST_CASE("several lesions of a patient count as its lesions") {
  const SignalCases one = simulate({.patients = 60});
  SignalCases copied = one;  // each lesion three times
  const auto triple = [](Eigen::MatrixXd& m) { m = m.replicate(3, 1).eval(); };
  triple(copied.object);
  std::ranges::for_each(copied.noiseless, triple);
  std::ranges::for_each(copied.scanned, triple);
  for (int i = 0; i < 2; ++i) {
    copied.patient.insert(copied.patient.end(), one.patient.begin(), one.patient.end());
    copied.label.insert(copied.label.end(), one.label.begin(), one.label.end());
    copied.latent.insert(copied.latent.end(), one.latent.begin(), one.latent.end());
  }
  const SignalLadder a = signal_ladder(one, {.repeats = 2}),
                     b = signal_ladder(copied, {.repeats = 2});
  CHECK(b.lesions == 180);
  CHECK(b.with == 30);
  const Estimate &x = rung(a, "oracle").area, &y = rung(b, "oracle").area;
  CHECK(y.value == Approx(x.value).epsilon(1e-12));
  CHECK(y.low == Approx(x.low).epsilon(1e-9));
}

TEST_CASE("the same seed gives the same ladder, another one other folds") {
  const SignalCases cases = simulate({.patients = 60});
  const auto csv = [&](std::uint64_t seed) {
    return signal_table(signal_ladder(cases, {.repeats = 2, .seed = seed})).to_csv();
  };
  CHECK(csv(1) == csv(1));
  CHECK(csv(1) != csv(2));
}

TEST_CASE("rungs that cannot be are withheld with their reason, the others stay") {
  SignalCases cases = simulate({.patients = 40, .arms = 1});
  SignalLadder ladder = signal_ladder(cases, {.repeats = 2});
  CHECK(rung(ladder, "one_site").area.has_interval());
  CHECK_THAT(rung(ladder, "sites").area.reason, Catch::Contains("no sites to pool"));
  CHECK_THAT(rung(ladder, "null").area.reason, Catch::Contains("no sites to pool"));
  cases = simulate({.patients = 80});
  ladder = signal_ladder(cases, {.repeats = 2});
  CHECK(rung(ladder, "harmonised").area.has_value());
  ladder = signal_ladder(cases, {.repeats = 2, .combat = {.smallest_batch = 40}});
  CHECK_THAT(rung(ladder, "harmonised").area.reason, Catch::Contains("too few lesions at site"));
  CHECK(rung(ladder, "sites").area.has_interval());
  cases.latent.clear();
  cases.population.reset();
  ladder = signal_ladder(cases, {.repeats = 2});
  CHECK(std::ranges::find(ladder.rungs, "oracle", &SignalRung::name) == ladder.rungs.end());
  CHECK(ladder.rungs.front().name == "t0");
  CHECK(ladder.rungs.front().area.has_interval());
  CHECK_FALSE(ladder.rungs.front().change.has_value());
}

TEST_CASE("a ladder that cannot be is refused with its reason") {
  const auto refused = [](const SignalCases& cases) {
    const SignalLadder ladder = signal_ladder(cases, {.repeats = 2});
    const Table table = signal_table(ladder);
    REQUIRE((ladder.refused.empty() || table.rows.size() == 1));
    if (!ladder.refused.empty())
      CHECK(std::get<std::string>(table.rows[0].back()) == ladder.refused);
    return ladder.refused;
  };
  SignalCases cases = simulate({.patients = 30});
  CHECK(refused(cases).empty());
  cases.object(3, 0) = NAN;
  cases.scanned[2](3, 1) = NAN;
  CHECK(signal_ladder(cases, {.repeats = 2}).features == std::vector<std::string>{"c"});
  cases.noiseless[1](5, 2) = NAN;
  CHECK_THAT(refused(cases), Catch::Contains("no feature has a value"));
  cases = simulate({.patients = 30});
  cases.label.assign(30, true);
  CHECK_THAT(refused(cases), Catch::Contains("one class"));
  CHECK_THAT(refused(simulate({.patients = 18})), Catch::Contains("9 with the label"));
  cases = simulate({.patients = 30});
  cases.object.setConstant(2.0);
  for (auto& m : cases.noiseless) m.setConstant(2.0);
  for (auto& m : cases.scanned) m.setConstant(2.0);
  CHECK_THAT(refused(cases), Catch::Contains("constant"));
}

#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/robustness.hpp"
#include "vitrine/evaluation/stability.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

/// Eight patients with two lesions each in three arms. With t the lesion's true value, feature
/// "offset" is t + 10 x arm + noise, "exact" is t itself, "lost" is missing in one scan.
Study made_up_study() {
  Study study;
  study.features = {{"x.offset", "x", "AAAA", "HU"},
                    {"x.exact", "x", "BBBB", "mm"},
                    {"x.lost", "x", "CCCC", "1"}};
  study.arms = {"soft", "sharp", "low"};
  const Stream stream = make_stream(5, "study", Draw::test);
  for (Index lesion = 0; lesion < 16; ++lesion) {
    Rng rng(stream, std::uint64_t(lesion));
    const double t = 100.0 + 20.0 * rng.normal();
    study.lesions.push_back({str("p", lesion / 2), str("lesion0", lesion % 2), t * t});
    study.samples.push_back({Source::object_truth, lesion, Sample::every_arm, {t, t, t}, {}});
    study.samples.push_back({Source::reference_truth, lesion, Sample::every_arm, {t, t, t}, {}});
    for (Index arm = 0; arm < 3; ++arm) {
      const double shifted = t + 10.0 * double(arm);
      study.samples.push_back({Source::arm_truth, lesion, arm, {shifted, t, t}, {}});
      Sample scan{Source::scan, lesion, arm, {shifted + 2.0 + rng.normal(), t, t}, {}};
      if (lesion == 3 && arm == 1) {
        scan.values[2] = NAN;
        scan.reasons.resize(3);
        scan.reasons.back() = "flat_region";
      }
      study.samples.push_back(scan);
    }
    for (int repeat = 0; repeat < 2; ++repeat)
      study.samples.push_back(
          {Source::reposition, lesion, 0, {t + 2.0 + rng.normal(), t, t + rng.normal()}, {}});
  }
  return study;
}

}  // namespace

TEST_CASE("a study's biases against T0, T1 and T2 are those put into it") {
  const auto rows = stability(made_up_study(), {.seed = 1});
  REQUIRE(rows.size() == 3);
  const StabilityRow& row = rows[0];
  // Noise adds 2; the arms add 0, 10 and 20 to what the reference arm sees.
  CHECK(row.bias.noise.difference.value == Approx(2.0).margin(0.5));
  CHECK(row.bias.arm.difference.value == Approx(10.0).epsilon(1e-12));
  CHECK(row.bias.total.difference.value == Approx(12.0).margin(0.5));
  REQUIRE(row.arm_bias.size() == 3);
  CHECK(row.arm_bias[2].arm.difference.value == Approx(20.0).epsilon(1e-12));
  CHECK(row.arm_bias[2].noise.difference.value == Approx(2.0).margin(1.0));
  CHECK(row.bias.noise.difference.low < 2.0);
  CHECK(row.bias.noise.difference.high > 2.0);
  // Arm offsets count against agreement, not against consistency.
  CHECK(row.consistency.value > 0.98);
  CHECK(row.icc.value < 0.9);
  CHECK(row.icc.low < row.icc.value);
  CHECK(row.icc.high > row.icc.value);
  CHECK(row.repeatability.within_sd.value == Approx(1.0).epsilon(0.5));
  CHECK(row.repeatability.lesions == 16);
  CHECK(row.spearman_volume.value > 0.95);
  CHECK(row.patients == 8);
  CHECK(row.lesions == 16);
}

TEST_CASE("a study's arms, truths and features are compared with each other") {
  const auto rows = stability(made_up_study(), {.seed = 1});
  // Arms of 0, 10 and 20 on top of noise of 1 keep their order in each of the eight patients.
  CHECK(rows[0].friedman.used == 8);
  CHECK(rows[0].friedman.statistic == Approx(16.0));
  CHECK(rows[0].friedman_adjusted >= rows[0].friedman.p);
  CHECK(rows[1].friedman.reason == "the same in every arm");
  CHECK(std::isnan(rows[1].friedman_adjusted));
  // Offsets of 0, 10 and 20 have the variance 100; the mean over arms is t + 12.
  CHECK(rows[0].reproducibility.sd.value == Approx(std::sqrt(101.0)).epsilon(0.05));
  CHECK(rows[0].linearity.slope.value == Approx(1.0).epsilon(0.05));
  CHECK(rows[0].linearity.r_squared.value > 0.98);
  REQUIRE(rows[0].differences.size() == 2);
  CHECK(rows[0].differences[1].absolute.bias.value == Approx(20.0).margin(1.0));
  CHECK(rows[0].differences[1].absolute.sd.value == Approx(std::sqrt(2.0)).epsilon(0.5));
  CHECK(rows[0].differences[0].absolute.upper.high > 12.0);
  // All three features rank the lesions alike; the one that agrees best speaks for them.
  for (const StabilityRow& row : rows) CHECK(row.cluster.cluster == 0);
  CHECK(rows[1].cluster.representative);
  CHECK(!rows[0].cluster.representative);

  const Table table = bland_altman_table(rows, made_up_study().arms);
  CHECK(table.rows.size() == 6);
  CHECK(std::get<std::string>(table.rows[1][table.column("arm")]) == "low");
  CHECK(std::get<std::string>(table.rows[1][table.column("against")]) == "soft");
}

TEST_CASE("arms declared random lose the intervals that three of them cannot give") {
  const auto fixed = stability(made_up_study(), {.seed = 1})[0];
  const auto random = stability(made_up_study(), {.seed = 1, .arms = Effect::random})[0];
  CHECK(fixed.consistency.has_interval());
  for (const Estimate* e : {&random.icc, &random.consistency, &random.overall_concordance,
                            &random.reproducibility.coefficient}) {
    CHECK(e->has_value());
    CHECK(!e->has_interval());
    CHECK(e->reason.find("random") != std::string::npos);
  }
  CHECK(random.icc.value == fixed.icc.value);
}

TEST_CASE("a feature that no arm changes says so") {
  const auto rows = stability(made_up_study(), {.seed = 1});
  CHECK(rows[1].same_in_all_arms);
  CHECK(rows[1].icc.value == Approx(1.0).epsilon(1e-12));
  CHECK(rows[1].repeatability.within_sd.value == 0.0);
  CHECK(rows[1].concordance.value == Approx(1.0));
  CHECK(!rows[0].same_in_all_arms);
}

TEST_CASE("missing values are left out, counted and explained") {
  const auto rows = stability(made_up_study(), {.seed = 1});
  CHECK(rows[2].values == 48);
  CHECK(rows[2].excluded == 1);
  CHECK(rows[2].exclusion == "flat_region");
  CHECK(rows[2].lesions == 15);
  CHECK(rows[2].icc.has_value());
}

TEST_CASE("what a study lacks is withheld with a reason, never invented") {
  Study study = made_up_study();
  std::erase_if(study.samples, [](const Sample& s) {
    return s.source != Source::scan || s.arm != 0 || s.lesion > 3;
  });
  study.arms = {"soft"};
  study.lesions.resize(4);
  for (const StabilityRow& row : stability(study, {.seed = 1}))
    for (const Estimate* e : {&row.icc, &row.repeatability.coefficient, &row.bias.total.difference,
                              &row.bias.arm.relative, &row.concordance}) {
      CHECK(!e->has_value());
      CHECK(!e->reason.empty());
    }
}

TEST_CASE("the stability table is rectangular and equal at any thread count") {
  const auto one = stability(made_up_study(), {.seed = 1});
  const Table table = stability_table(one);
  CHECK(table.rows.size() == 3);
  CHECK(table.rows[0].size() == table.columns.size());
  CHECK(std::get<std::string>(table.rows[2][table.column("notes")])
            .find("1 value(s) excluded: flat_region") != std::string::npos);
  CHECK(arm_bias_table(one, made_up_study().arms).rows.size() == 9);

  // A feature's numbers depend on its id and the seed alone: not on its neighbours.
  Study alone = made_up_study();
  alone.features.erase(alone.features.begin() + 1, alone.features.end());
  for (Sample& sample : alone.samples) {
    sample.values.resize(1);
    sample.reasons.clear();
  }
  // (But for what is said about all of them: clusters and p values adjusted for their number.)
  const auto own_numbers = [](const Table& t) {
    std::vector<Table::Cell> cells;
    for (std::size_t c = 0; c < t.columns.size(); ++c)
      if (!t.columns[c].ends_with("_bh") && !t.columns[c].starts_with("cluster"))
        cells.push_back(t.rows[0][c]);
    return cells;
  };
  const auto single = stability_table(stability(alone, {.seed = 1}));
  CHECK(own_numbers(single) == own_numbers(table));
  const auto other = stability_table(stability(alone, {.seed = 2}));
  CHECK(own_numbers(other) != own_numbers(table));
}

TEST_CASE("ratios of levels in HU are those of attenuation") {
  Study study = made_up_study();
  const double absolute = stability(study, {.seed = 1})[0].bias.arm.difference.value;
  study.features[0].ibsi_code = "Q4LE";
  const StabilityRow row = stability(study, {.seed = 1})[0];
  CHECK(row.bias.arm.difference.value == Approx(absolute).epsilon(1e-12));
  // True values are about 100 HU, so 1100 above nothing.
  CHECK(row.bias.arm.relative.value == Approx(10.0 / 1100.0).epsilon(0.02));
  CHECK(row.repeatability.within_cv_rms.value ==
        Approx(row.repeatability.within_sd.value / 1100.0).epsilon(0.05));
  study.features[0].unit.clear();
  CHECK(zero_of(study.features[0]) == 0.0);
}

TEST_CASE("noise repeats are what repeats where nobody lies down again") {
  // Sixteen lesions in two arms, three read-outs each: noise of standard deviation 2, and a mean
  // over them that has a third of its variance.
  Study study;
  study.features = {{"x.level", "x", "AAAA", "mm"}};
  study.arms = {"soft", "sharp"};
  const Stream stream = make_stream(6, "noise repeats", Draw::test);
  double squares = 0.0;
  for (Index lesion = 0; lesion < 16; ++lesion) {
    Rng rng(stream, std::uint64_t(lesion));
    const double t = 100.0 + 20.0 * rng.normal();
    study.lesions.push_back({str("p", lesion), "lesion01", t * t});
    for (Index arm = 0; arm < 2; ++arm) {
      std::vector<double> values;
      for (int n = 0; n < 3; ++n) {
        values.push_back(t + 2.0 * rng.normal());
        study.samples.push_back({Source::scan, lesion, arm, {values.back()}, {}});
      }
      const double mean = (values[0] + values[1] + values[2]) / 3.0;
      for (const double v : values) squares += (v - mean) * (v - mean) / 2.0;
      study.samples.push_back({Source::arm_truth, lesion, arm, {t}, {}});
      study.samples.push_back({Source::object_truth, lesion, arm, {mean}, {}});
    }
  }
  const StabilityRow row = stability(study, {.seed = 1}).front();
  // wSD^2 is the mean variance within the 32 units, each of two degrees of freedom.
  CHECK(row.noise_alone);
  CHECK(row.repeatability.lesions == 32);
  CHECK(row.repeatability.within_sd.value == Approx(std::sqrt(squares / 32.0)).epsilon(1e-12));
  CHECK(row.repeatability.within_sd.value == Approx(2.0).margin(4.0 * 2.0 / std::sqrt(128.0)));
  // The bias compares the mean of all read-outs with the truth, here that very mean.
  CHECK(row.bias.total.difference.value == Approx(0.0).margin(1e-10));
  CHECK(row.values == 96);
  // Repositioned scans come first, and the agreement of arms is that of single scans.
  Study moved = study;
  for (Index lesion = 0; lesion < 16; ++lesion)
    for (const double shift : {-5.0, 5.0})
      moved.samples.push_back({Source::reposition, lesion, 0, {100.0 + shift}, {}});
  Study both = study;
  std::erase_if(both.samples, [](const Sample& s) { return s.source == Source::scan; });
  CHECK(stability(moved, {.seed = 1}).front().icc.value == row.icc.value);
  CHECK(stability(both, {.seed = 1}).front().repeatability.lesions == 0);
  const StabilityRow with_moves = stability(moved, {.seed = 1}).front();
  CHECK(with_moves.repeatability.lesions == 32);  // the other arm has its noise repeats alone
  CHECK(with_moves.repeatability.within_sd.value > 4.0);
  CHECK_FALSE(with_moves.noise_alone);
}

TEST_CASE("a malformed study is refused") {
  Study study = made_up_study();
  study.samples[0].values.pop_back();
  CHECK_THROWS_AS(stability(study, {}), Error);
  study = made_up_study();
  study.samples[2].lesion = 99;
  CHECK_THROWS_AS(stability(study, {}), Error);
}

TEST_CASE("robustness is ICC(A,1) over the perturbations, of lesions measured under all of them") {
  // The ratings of Shrout and Fleiss 1979, table 2: 0.28976 (see statistics_test), and a lesion
  // that one perturbation lost.
  constexpr double ratings[6][4] = {{9, 2, 5, 8}, {6, 1, 3, 2},  {8, 4, 6, 8},
                                    {7, 1, 2, 6}, {10, 5, 6, 9}, {6, 2, 4, 7}};
  Study study;
  study.features = {{"x.rated", "x", "AAAA", "1"}, {"x.same", "x", "BBBB", "mm"}};
  study.arms = {"none", "turned", "grown", "redrawn"};
  for (Index lesion = 0; lesion < 7; ++lesion) {
    study.lesions.push_back({str("p", lesion), "lesion01", 1.0});
    for (Index level = 0; level < 4; ++level) {
      const double value = lesion < 6 ? ratings[lesion][level] : level == 2 ? NAN : 5.0;
      study.samples.push_back({Source::scan, lesion, level, {value, double(lesion)}, {}});
    }
  }
  const auto rows = robustness(study, "soft", {.seed = 3});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].icc.value == Approx(0.2897637795275592).epsilon(1e-12));
  CHECK(rows[0].icc.has_interval());
  CHECK(rows[0].lesions == 6);
  CHECK(rows[0].patients == 6);
  CHECK(rows[0].perturbations == 4);
  CHECK(rows[0].values == 28);
  CHECK(rows[0].excluded == 1);
  CHECK(rows[1].icc.value == Approx(1.0).epsilon(1e-12));
  CHECK(rows[1].lesions == 7);
  const Table table = robustness_table(rows);
  REQUIRE(table.rows.size() == 2);
  CHECK(std::get<std::string>(table.rows[0][table.column("arm")]) == "soft");
  CHECK(std::get<double>(table.rows[0][table.column("icc_perturbation")]) == rows[0].icc.value);
  study.samples.front().lesion = 9;
  CHECK_THROWS_AS(robustness(study, "soft", {}), Error);
}

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numeric>

#include "vitrine/core/error.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/precision.hpp"
#include "vitrine/evaluation/verdict.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

/// The bias of a study of so many patients, whose relative bias has this interval.
Bias bias_from(double value, double low, double high, Index patients = 10, double error = 0.01) {
  Bias bias;
  bias.relative = {value, low, high, ""};
  bias.patients = patients;
  bias.lesions = 2 * patients;
  bias.relative_error = error;
  return bias;
}

StabilityRow row_of(const std::vector<Bias>& totals) {
  StabilityRow row;
  row.feature = {"x.f", "x", "AAAA", "1"};
  row.patients = 10;
  row.lesions = 20;
  for (const Bias& total : totals) row.arm_bias.emplace_back().total = total;
  return row;
}

FeatureVerdict verdict_of(const StabilityRow& row, const Tolerance& tolerance = {}) {
  std::vector<std::string> arms;
  for (std::size_t i = 0; i < row.arm_bias.size(); ++i) arms.push_back(str("arm", i));
  return judge(std::span(&row, 1), arms, tolerance).front();
}

/// Lesions of `patients` patients, one to three each, whose measured values are the truth and a
/// relative bias, a deviation of the patient's own and one of the lesion's own.
struct Drawn {
  std::vector<double> measured, truth;
  Clusters patients;
};
Drawn draw(Rng& rng, Index patients, double bias, double between, double within) {
  Drawn drawn;
  for (Index p = 0; p < patients; ++p) {
    auto& rows = drawn.patients.rows.emplace_back();
    const double own = between * rng.normal();
    for (std::uint64_t lesions = 1 + rng.below(3); lesions > 0; --lesions) {
      rows.push_back(std::ssize(drawn.truth));
      drawn.truth.push_back(100.0);
      drawn.measured.push_back(100.0 * (1.0 + bias + own + within * rng.normal()));
    }
  }
  return drawn;
}

/// Share of simulated studies that are called fit.
double share_fit(Index patients, double bias_there, double between, double within,
                 int simulations) {
  std::vector<int> fit(std::size_t(simulations), 0);
  parallel_for(simulations, [&](Index s) {
    Rng rng(make_stream(21, str("verdict", patients), Draw::test), std::uint64_t(s));
    const Drawn drawn = draw(rng, patients, bias_there, between, within);
    const Resampling own{make_stream(std::uint64_t(s), "verdict", Draw::bootstrap), 1000, 0.95};
    const Bias found = bias(drawn.measured, drawn.truth, drawn.patients, own);
    fit[std::size_t(s)] = verdict_of(row_of({found})).overall.verdict == Verdict::fit;
  });
  return double(std::accumulate(fit.begin(), fit.end(), 0)) / double(simulations);
}

}  // namespace

TEST_CASE("a verdict is where the whole interval lies, limits included") {
  const auto of = [](double low, double high) {
    return verdict_of(row_of({bias_from(0.5 * (low + high), low, high)})).overall.verdict;
  };
  CHECK(of(-0.02, 0.03) == Verdict::fit);
  CHECK(of(-0.1, 0.1) == Verdict::fit);
  CHECK(of(-0.11, 0.02) == Verdict::undecided);
  CHECK(of(0.05, std::nextafter(0.1, 1.0)) == Verdict::undecided);
  CHECK(of(0.1, 0.2) == Verdict::undecided);  // touches: may be at the limit, which is allowed
  CHECK(of(0.11, 0.2) == Verdict::unfit);
  CHECK(of(-0.3, -0.12) == Verdict::unfit);
  CHECK(of(-0.3, 0.4) == Verdict::undecided);
  CHECK(of(0.0, 0.0) == Verdict::fit);  // no patient makes a difference
}

TEST_CASE("without an interval the verdict is withheld, with the reason of the interval") {
  StabilityRow row = row_of({bias_from(0.0, 0.0, 0.0)});
  row.arm_bias[0].total.relative = Estimate::withheld("true values are zero or of both signs");
  const FeatureVerdict verdict = verdict_of(row);
  CHECK(verdict.overall.verdict == Verdict::withheld);
  CHECK(verdict.overall.reason == "true values are zero or of both signs");
  CHECK_FALSE(verdict.overall.further_patients);

  // One patient: a value and no interval.
  Clusters one;
  one.rows = {{0, 1}};
  const std::vector<double> measured{101, 99}, truth{100, 100};
  row.arm_bias[0].total = bias(measured, truth, one, {make_stream(1, "one", Draw::bootstrap)});
  CHECK(verdict_of(row).overall.verdict == Verdict::withheld);
  CHECK_THAT(verdict_of(row).overall.reason, Catch::Contains("at least 4 needed"));
  CHECK(row.arm_bias[0].total.patients == 1);

  // Nothing measured, and truths of both signs.
  const std::vector<double> none{NAN, NAN}, signs{-100, 100};
  row.arm_bias[0].total = bias(none, truth, one, {make_stream(1, "one", Draw::bootstrap)});
  CHECK_THAT(verdict_of(row).overall.reason, Catch::Contains("no lesion has both values"));
  row.arm_bias[0].total = bias(measured, signs, one, {make_stream(1, "one", Draw::bootstrap)});
  CHECK_THAT(verdict_of(row).overall.reason, Catch::Contains("both signs"));
}

TEST_CASE("a feature is fit only if it is fit in every arm") {
  const Bias fit = bias_from(0.0, -0.01, 0.01), wide = bias_from(0.02, -0.1, 0.14, 10, 0.05),
             wider = bias_from(0.02, -0.2, 0.24, 10, 0.1), out = bias_from(0.2, 0.15, 0.25);
  CHECK(verdict_of(row_of({fit, fit})).overall.verdict == Verdict::fit);
  const FeatureVerdict undecided = verdict_of(row_of({fit, wide, wider}));
  CHECK(undecided.overall.verdict == Verdict::undecided);
  CHECK(undecided.deciding == 2);  // takes the most patients
  CHECK(undecided.overall.further_patients == undecided.findings[2].judgement.further_patients);
  CHECK(*undecided.findings[1].judgement.further_patients <
        *undecided.findings[2].judgement.further_patients);
  const FeatureVerdict unfit = verdict_of(row_of({fit, wide, out}));
  CHECK(unfit.overall.verdict == Verdict::unfit);
  CHECK(unfit.findings[unfit.deciding].arm == "arm2");
  Bias missing = fit;
  missing.relative = Estimate::withheld("no lesion has both values");
  CHECK(verdict_of(row_of({fit, missing})).overall.verdict == Verdict::withheld);
  CHECK(verdict_of(row_of({out, missing})).overall.verdict == Verdict::unfit);
  CHECK(verdict_of(row_of({missing, wide})).overall.verdict == Verdict::withheld);
}

TEST_CASE("the reference arm's truth is judged where the context asks for it") {
  StabilityRow row = row_of({bias_from(0.2, 0.15, 0.25)});
  row.arm_bias[0].reference = bias_from(0.0, -0.01, 0.01);
  CHECK(verdict_of(row).overall.verdict == Verdict::unfit);
  CHECK(verdict_of(row, {.against = Tolerance::Against::reference}).overall.verdict ==
        Verdict::fit);
}

TEST_CASE("agreement and repeatability have a limit on one side") {
  StabilityRow row = row_of({bias_from(0.0, -0.01, 0.01), bias_from(0.0, -0.01, 0.01)});
  row.icc = {0.9, 0.8, 0.95, ""};
  row.repeatability.within_cv_log = {0.05, 0.04, 0.08, ""};
  const auto with = [&](double icc, double wcv) {
    return verdict_of(row, {.icc = icc, .within_cv = wcv});
  };
  CHECK(with(0.8, 0.08).overall.verdict == Verdict::fit);
  CHECK(with(0.96, 0.08).overall.verdict == Verdict::unfit);
  CHECK(with(0.8, 0.03).overall.verdict == Verdict::unfit);
  const FeatureVerdict undecided = with(0.85, 0.08);
  CHECK(undecided.overall.verdict == Verdict::undecided);
  CHECK(undecided.findings[undecided.deciding].criterion == "icc");
  CHECK(undecided.findings.size() == 4);
  // Nearer limits take more patients; a value beyond the limit is not helped by any.
  CHECK(*with(0.85, 0.08).overall.further_patients < *with(0.88, 0.08).overall.further_patients);
  CHECK(*with(0.8, 0.07).overall.further_patients < *with(0.8, 0.06).overall.further_patients);
  CHECK_THAT(with(0.92, 0.08).overall.reason, Catch::Contains("no number of patients"));
  CHECK_THAT(with(0.8, 0.045).overall.reason, Catch::Contains("no number of patients"));
}

TEST_CASE("an undecided bias says how many more patients, or that none are enough") {
  // Ten patients with an error of 0.05 spread by 0.158: the formula says how many make 0.02 fit.
  const auto of = [](double value, double error) {
    return verdict_of(
               row_of({bias_from(value, value - 2.3 * error, value + 2.3 * error, 10, error)}))
        .overall;
  };
  const Judgement undecided = of(0.02, 0.05);
  REQUIRE(undecided.verdict == Verdict::undecided);
  const Index needed = *patients_for_equivalence(0.02, 0.05 * std::sqrt(10.0), 0.1);
  CHECK(*undecided.further_patients == needed - 10);
  CHECK(equivalence_power(0.02, 0.05 * std::sqrt(10.0), 0.1, needed - 2) >= 0.8);
  CHECK(equivalence_power(0.02, 0.05 * std::sqrt(10.0), 0.1, needed - 3) < 0.8);
  CHECK(*of(0.05, 0.05).further_patients > *undecided.further_patients);
  const Judgement beyond = of(0.12, 0.05);
  CHECK_FALSE(beyond.further_patients);
  CHECK_THAT(beyond.reason, Catch::Contains("no number of patients makes such a bias fit; about "));
  CHECK_FALSE(of(0.1, 0.05).further_patients);
  CHECK_THAT(of(0.1, 0.05).reason, !Catch::Contains("would show it unfit"));
  CHECK_THAT(of(0.09999, 0.5).reason, Catch::Contains("more than 100000 patients"));
}

TEST_CASE("verdict.csv has a row for each feature and one for each of its findings") {
  StabilityRow row = row_of({bias_from(0.0, -0.01, 0.01), bias_from(0.02, -0.1, 0.14, 10, 0.05)});
  row.icc = {0.9, 0.8, 0.95, ""};
  const FeatureVerdict verdict = verdict_of(row, {.icc = 0.75});
  const Table table = verdict_table(std::span(&verdict, 1));
  REQUIRE(table.rows.size() == 4);
  const auto text = [&](std::size_t r, const char* column) {
    return std::get<std::string>(table.rows[r][table.column(column)]);
  };
  const auto number = [&](std::size_t r, const char* column) {
    return std::get<double>(table.rows[r][table.column(column)]);
  };
  CHECK(text(0, "criterion") == "all");
  CHECK(text(0, "verdict") == "undecided");
  CHECK(text(0, "arm") == "arm1");
  CHECK(number(0, "further_patients") == number(2, "further_patients"));
  CHECK(number(0, "high") == 0.14);
  CHECK(text(1, "verdict") == "fit");
  CHECK(number(1, "limit_low") == -0.1);
  CHECK(std::isnan(number(1, "further_patients")));
  CHECK(text(3, "criterion") == "icc");
  CHECK(text(3, "arm").empty());
  CHECK(number(3, "limit_low") == 0.75);
  CHECK(std::isnan(number(3, "limit_high")));
  CHECK(verdict_table({}).columns.empty());
  CHECK_THROWS_WITH(judge(std::span(&row, 1), std::vector<std::string>{"one"}, {}),
                    Catch::Contains("the study has 1"));
}

TEST_CASE("expected half-widths are those of the textbooks") {
  CHECK(mean_half_width(1.0, 4) == Approx(3.182446305 / 2.0).epsilon(1e-9));
  CHECK(mean_half_width(2.0, 100) == Approx(0.2 * 1.984216952).epsilon(1e-9));
  CHECK(design_effect(1.0, 0.7) == 1.0);
  CHECK(design_effect(3.0, 0.5) == 2.0);
  // Bonett (2002): 8 z^2 (1 - rho)^2 (1 + (k - 1) rho)^2 / (k (k - 1) w^2) + 1 subjects give width
  // w.
  const double w = 2.0 * icc_half_width(0.8, 61.0, 3);
  const double z = 1.959963985;
  CHECK(8.0 * z * z * 0.04 * 2.6 * 2.6 / (6.0 * w * w) + 1.0 == Approx(61.0).epsilon(1e-6));
  CHECK(icc_half_width(1.0, 10.0, 4) == 0.0);
  CHECK(icc_half_width(0.0, 1.01, 2) == 1.0);  // no wider than the range
}

TEST_CASE("power rises with patients and falls with spread and bias") {
  double last = 0.0;
  for (Index n = 4; n < 60; ++n) {
    const double power = equivalence_power(0.02, 0.1, 0.1, n);
    CHECK(power >= last);
    last = power;
  }
  CHECK(last > 0.99);
  CHECK(equivalence_power(0.02, 0.2, 0.1, 20) < equivalence_power(0.02, 0.1, 0.1, 20));
  CHECK(equivalence_power(0.05, 0.1, 0.1, 20) < equivalence_power(0.02, 0.1, 0.1, 20));
  CHECK(equivalence_power(0.02, 0.1, 0.1, 20) == equivalence_power(-0.02, 0.1, 0.1, 20));
  // Of two patients the observed spread is a half-normal's: against 1e6 draws.
  Rng rng(make_stream(3, "power", Draw::test), 0);
  double inside = 0.0;
  for (int i = 0; i < 1'000'000; ++i) {
    const double a = 0.02 + 0.05 * rng.normal(), b = 0.02 + 0.05 * rng.normal();
    const double half = 12.7062047 * 0.5 * std::fabs(a - b);
    inside += std::fabs(0.5 * (a + b)) + half <= 0.2;
  }
  CHECK(equivalence_power(0.02, 0.05, 0.2, 2) == Approx(1e-6 * inside).margin(0.002));
  // At the limit, the level of each of the two tests.
  CHECK(equivalence_power(0.1, 0.01, 0.1, 50) == Approx(0.025).epsilon(1e-6));
  CHECK(equivalence_power(0.0, 0.0, 0.1, 5) == 1.0);
  CHECK(patients_for_equivalence(0.0, 0.0, 0.1) == fewest_patients);
  CHECK_FALSE(patients_for_equivalence(0.1, 0.01, 0.1));
  CHECK_FALSE(patients_for_equivalence(0.0999999, 1.0, 0.1));
  CHECK_FALSE(patients_for_difference(0.0, 0.1));
  // The normal formula, sd^2 (z + z)^2 / excess^2, holds for many patients.
  CHECK(double(*patients_for_difference(0.01, 0.2)) == Approx(400.0 * 7.849).epsilon(0.01));
  CHECK(double(*patients_for_equivalence(0.0, 0.2, 0.01)) == Approx(400.0 * 10.507).epsilon(0.01));
}

TEST_CASE("a bias at the limit is rarely called fit, one inside as often as planned", "[full]") {
  constexpr int simulations = 2000;
  constexpr double between = 0.06, within = 0.04;
  // Two one-sided tests at 2.5 %. The interval covers 94 to 95 %, so 3 % in place of 2.5; and three
  // standard errors of 2000 simulations.
  const double allowed = 0.03 + 3.0 * std::sqrt(0.03 * 0.97 / simulations);
  for (const Index patients : {6, 12, 30}) {
    const double at_limit = share_fit(patients, 0.1, between, within, simulations);
    CAPTURE(patients, at_limit);
    CHECK(at_limit < allowed);
  }
  // Mean over patients weighted by lesions: 1, 2 or 3 each, so E(m^2) / E(m)^2 = 7/6.
  const auto spread = [](double own, double lesion) {
    return std::sqrt(own * own * 7.0 / 6.0 + lesion * lesion / 2.0);
  };
  struct Case {
    double bias, between, within;
  };
  for (const Case& c : {Case{0.0, 0.06, 0.04}, Case{0.05, 0.06, 0.04}, Case{0.0, 0.03, 0.02},
                        Case{0.07, 0.03, 0.02}}) {
    const Index patients = *patients_for_equivalence(c.bias, spread(c.between, c.within), 0.1);
    const double power = share_fit(patients, c.bias, c.between, c.within, simulations);
    CAPTURE(c.bias, c.between, patients, power);
    // The planned 80 % less three standard errors; at most what whole patients round up to.
    CHECK(power > 0.8 - 3.0 * std::sqrt(0.16 / simulations));
    CHECK(power < 0.93);
  }
}

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>

#include "giavarina.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/bland_altman.hpp"
#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/linearity.hpp"
#include "vitrine/evaluation/random_arms.hpp"
#include "vitrine/evaluation/reproducibility.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;
using test::each_alone;

namespace {

const Resampling resampling{make_stream(20260101, "agreement", Draw::bootstrap), 500, 0.95};

/// Six subjects, four judges (Shrout & Fleiss 1979, table 2).
Ratings shrout_fleiss() {
  Ratings r(6, 4);
  r << 9, 2, 5, 8, 6, 1, 3, 2, 8, 4, 6, 8, 7, 1, 2, 6, 10, 5, 6, 9, 6, 2, 4, 7;
  return r;
}

/// Lesions 2 per patient: true value, arm offsets of the given spread, and noise of 1.
Ratings simulated(Index lesions, Index arms, double offset, std::uint64_t seed) {
  Rng rng(make_stream(seed, "ratings", Draw::test), 0);
  Ratings r(lesions, arms);
  Eigen::VectorXd offsets(arms);
  for (Index j = 0; j < arms; ++j) offsets[j] = offset * rng.normal();
  for (Index i = 0; i < lesions; ++i) {
    const double truth = 40.0 + 3.0 * rng.normal();
    for (Index j = 0; j < arms; ++j) r(i, j) = truth + offsets[j] + rng.normal();
  }
  return r;
}

Clusters pairs_of(Index lesions) {
  Clusters patients;
  for (Index i = 0; i < lesions; i += 2) patients.rows.push_back({i, i + 1});
  return patients;
}

std::vector<double> column(const Ratings& r, Index j) { return {r.col(j).begin(), r.col(j).end()}; }

}  // namespace

TEST_CASE("the overall concordance is the weighted mean of the pairs' concordances") {
  // Barnhart, Haber & Song 2002: weights are the denominators of the pairs' coefficients.
  const Ratings r = shrout_fleiss();
  double above = 0.0, below = 0.0;
  for (Index a = 0; a < 4; ++a)
    for (Index b = 0; b < a; ++b) {
      const auto x = r.col(a).array(), y = r.col(b).array();
      const double weight = (x - x.mean()).square().mean() + (y - y.mean()).square().mean() +
                            std::pow(x.mean() - y.mean(), 2);
      above += weight * concordance(column(r, a), column(r, b));
      below += weight;
    }
  const auto kind = Agreement::overall_concordance;
  const Estimate e = agreement_by_patients(r, each_alone(6), resampling, kind);
  CHECK(e.value == Approx(above / below).epsilon(1e-13));
  CHECK(e.low < e.value);
  CHECK(e.high > e.value);
}

TEST_CASE("the overall concordance of two arms is Lin's") {
  Ratings pairs(30, 2);
  for (Index i = 0; i < 30; ++i)
    pairs.row(i) << test::giavarina_a[std::size_t(i)], test::giavarina_b[std::size_t(i)];
  const auto kind = Agreement::overall_concordance;
  CHECK(agreement_by_patients(pairs, each_alone(30), resampling, kind).value ==
        Approx(0.991542931233944).epsilon(1e-12));
}

TEST_CASE("offsets between arms change agreement and concordance, not consistency") {
  const Ratings plain = simulated(20, 4, 0.0, 1);
  Ratings moved = plain;
  for (Index j = 0; j < 4; ++j) moved.col(j).array() += 3.0 * double(j);
  const auto of = [&](const Ratings& r, Agreement kind) {
    return agreement_by_patients(r, pairs_of(20), resampling, kind);
  };
  const Estimate before = of(plain, Agreement::consistency);
  const Estimate after = of(moved, Agreement::consistency);
  CHECK(after.value == Approx(before.value).epsilon(1e-12));
  CHECK(after.low == Approx(before.low).epsilon(1e-9));
  CHECK(after.value == Approx(intraclass_correlation(plain).consistency.value).epsilon(1e-12));
  CHECK(of(moved, Agreement::absolute).value < 0.8 * of(plain, Agreement::absolute).value);
  CHECK(of(moved, Agreement::overall_concordance).value < 0.8 * before.value);
}

TEST_CASE("random arms have a generalised interval, none below five of them") {
  const Ratings five = simulated(30, 5, 1.0, 2);
  const Estimate published = intraclass_correlation(five).agreement;
  const Estimate random = agreement_of(Effect::random, five, pairs_of(30), resampling);
  CHECK(random.value == Approx(published.value).epsilon(1e-14));
  // Wider than McGraw & Wong's approximation, which covers too little where five arms vary.
  CHECK(random.low < published.low);
  CHECK(random.high > random.value);

  const Estimate four = agreement_of_random_arms(five.leftCols(4), pairs_of(30), resampling);
  CHECK(four.has_value());
  CHECK(!four.has_interval());
  CHECK(four.reason.find("4 random arm(s): at least 5 needed") != std::string::npos);
  const Clusters one{{{0, 1, 2, 3}}};
  CHECK(agreement_of_random_arms(five.topRows(4), one, resampling).reason.find("1 patient(s)") !=
        std::string::npos);
  // What is claimed of scanners not drawn is less certain than of those at hand.
  const Estimate fixed = agreement_of(Effect::fixed, five, pairs_of(30), resampling);
  CHECK(random.high - random.low > fixed.high - fixed.low);
}

TEST_CASE("with many random arms and lesions the interval closes around the ICC") {
  // Variances 9, 4 and 1; sixty arms know theirs to 18 %, which leaves 0.05 of the ICC.
  const Ratings r = simulated(100, 60, 2.0, 6);
  const Estimate icc = agreement_of_random_arms(r, each_alone(100), resampling);
  CHECK(icc.value == Approx(9.0 / 14.0).margin(0.1));
  CHECK(icc.low < icc.value);
  CHECK(icc.high > icc.value);
  CHECK(icc.high - icc.low < 0.25);
  CHECK(0.5 * (icc.low + icc.high) == Approx(icc.value).margin(0.03));
}

TEST_CASE("reproducibility adds the spread between arms to that of repeats") {
  // Offsets of +-a in half of 2 m arms: variance a^2 2 m / (2 m - 1), beside noise of 1.
  Ratings r = simulated(400, 6, 0.0, 3);
  for (Index j = 0; j < 6; ++j) r.col(j).array() += j % 2 ? 2.0 : -2.0;
  const Reproducibility fixed = reproducibility(r, pairs_of(400), Effect::fixed);
  const double expected = std::sqrt(1.0 + 4.0 * 6.0 / 5.0);
  CHECK(fixed.sd.value == Approx(expected).epsilon(0.03));
  CHECK(fixed.coefficient.value == Approx(1.96 * std::sqrt(2.0) * fixed.sd.value).epsilon(1e-14));
  CHECK((fixed.sd.low < expected && expected < fixed.sd.high));
  const Reproducibility random = reproducibility(r, pairs_of(400), Effect::random);
  CHECK(random.sd.value == Approx(fixed.sd.value).epsilon(1e-12));
  CHECK(random.sd.high > 1.5 * fixed.sd.high);
  CHECK(!reproducibility(r.leftCols(4), pairs_of(400), Effect::random).sd.has_interval());
  // MSW of the one-way layout is what both are made of.
  std::vector<Index> rows(400);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = Index(i);
  CHECK(fixed.sd.value == Approx(std::sqrt(mean_squares(r, rows).within_subjects)).epsilon(1e-12));
}

TEST_CASE("relative reproducibility is that of logarithms and needs positive values") {
  Ratings r = simulated(12, 3, 0.5, 4);
  const Reproducibility logs = reproducibility(
      r.unaryExpr([](double x) { return math::exp(0.01 * x); }), pairs_of(12), Effect::fixed);
  const Estimate sd = reproducibility(0.01 * r, pairs_of(12), Effect::fixed).sd;
  CHECK(logs.relative_up.value ==
        Approx(math::expm1(1.96 * std::sqrt(2.0) * sd.value)).epsilon(1e-10));
  CHECK((1.0 + logs.relative_up.high) * (1.0 + logs.relative_down.low) ==
        Approx(1.0).epsilon(1e-12));
  r(3, 1) = -1.0;
  CHECK(!reproducibility(r, pairs_of(12), Effect::fixed).relative_up.has_value());
  CHECK(!reproducibility(r, pairs_of(12), Effect::fixed).dispersion.has_value());
}

TEST_CASE("a feature that no arm changes reproduces exactly") {
  Ratings same(6, 3);
  for (Index i = 0; i < 6; ++i) same.row(i).setConstant(1.0 + double(i));
  const Reproducibility r = reproducibility(same, each_alone(6), Effect::fixed);
  for (const Estimate* e : {&r.sd, &r.coefficient, &r.relative_up, &r.dispersion}) {
    CHECK(e->value == 0.0);
    CHECK(e->low == 0.0);
    CHECK(e->high == 0.0);
  }
}

TEST_CASE("reproducibility of one arm, one lesion or no complete lesion is withheld") {
  CHECK(reproducibility(Ratings::Random(5, 1), each_alone(5), Effect::fixed).sd.reason ==
        "one arm: reproducibility needs two");
  CHECK(!reproducibility(Ratings::Random(1, 3), each_alone(1), Effect::fixed).sd.has_value());
  Ratings gaps = Ratings::Constant(5, 3, NAN);
  CHECK(reproducibility(gaps, each_alone(5), Effect::fixed).sd.reason.find("0 lesion(s)") == 0);
  gaps.topRows(2).setRandom();
  const Reproducibility two = reproducibility(gaps, each_alone(5), Effect::fixed);
  CHECK(two.sd.has_value());
  CHECK(two.sd.reason.find("2 patient(s)") != std::string::npos);
}

TEST_CASE("quartile dispersion takes quartiles between order statistics") {
  // Quartiles of 1, 2, 3, 4 are 1.75 and 3.25; scale does not matter.
  CHECK(quartile_dispersion({4, 2, 1, 3}) == Approx(1.5 / 5.0).epsilon(1e-15));
  CHECK(quartile_dispersion({40, 20, 10, 30}) == Approx(0.3).epsilon(1e-15));
  CHECK(quartile_dispersion({5, 5, 5}) == 0.0);
  CHECK(std::isnan(quartile_dispersion({5})));
}

TEST_CASE("Bland-Altman equals Giavarina's published limits") {
  // Giavarina 2015: bias -27.17 (-40.2 to -14.2), limits -95.39 and 41.05.
  const BlandAltman b = bland_altman(test::giavarina_a, test::giavarina_b, each_alone(30));
  CHECK(b.absolute.bias.value == Approx(-27.166666666666668).epsilon(1e-13));
  CHECK(b.absolute.sd.value == Approx(34.80594809782526).epsilon(1e-13));
  CHECK(b.absolute.lower.value == Approx(-95.38632493840417).epsilon(1e-13));
  CHECK(b.absolute.upper.value == Approx(41.05299160507083).epsilon(1e-13));
  CHECK(b.absolute.bias.low == Approx(-40.16342128207853).epsilon(1e-10));
  CHECK(b.absolute.bias.high == Approx(-14.169912051254803).epsilon(1e-10));
  // Bland & Altman 1986 approximate the error of a limit by sqrt(3 s^2 / n) = 11.007: t times it is
  // 22.51, which the combined interval meets in its mean half width.
  CHECK(0.5 * (b.absolute.upper.high - b.absolute.upper.low) == Approx(22.51).epsilon(0.08));
  // The outer side is the longer one.
  CHECK(b.absolute.upper.high - b.absolute.upper.value >
        b.absolute.upper.value - b.absolute.upper.low);
  CHECK(b.pairs == 30);
}

TEST_CASE("Bland-Altman changes sign with the order of its two measurements") {
  const BlandAltman ab = bland_altman(test::giavarina_a, test::giavarina_b, each_alone(30));
  const BlandAltman ba = bland_altman(test::giavarina_b, test::giavarina_a, each_alone(30));
  CHECK(ab.absolute.bias.value == Approx(-ba.absolute.bias.value));
  CHECK(ab.absolute.upper.high == Approx(-ba.absolute.lower.low));
  CHECK(ab.slope.value == Approx(-ba.slope.value));
  CHECK(ab.relative.sd.value == Approx(ba.relative.sd.value));
}

TEST_CASE("the slope of differences finds proportional bias") {
  std::vector<double> a, b, shifted;
  for (int i = 1; i <= 12; ++i) {
    b.push_back(i);
    a.push_back(1.5 * i);
    shifted.push_back(i + 2.0);
  }
  // a - b = 0.5 x and the mean is 1.25 x.
  CHECK(bland_altman(a, b, each_alone(12)).slope.value == Approx(0.4).epsilon(1e-12));
  CHECK(bland_altman(a, b, each_alone(12)).relative.bias.value == Approx(0.4).epsilon(1e-12));
  CHECK(bland_altman(shifted, b, each_alone(12)).slope.value == 0.0);
  CHECK(bland_altman(shifted, b, each_alone(12)).absolute.sd.value == Approx(0.0).margin(1e-12));
}

TEST_CASE("lesions of a patient that differ alike do not make the limits too narrow") {
  // Each patient's lesions share one difference: the variance is that between patients.
  std::vector<double> a, b, once;
  Clusters patients;
  for (int p = 0; p < 8; ++p) {
    patients.rows.emplace_back();
    once.push_back(double(p * p % 7));
    for (int l = 0; l < 3; ++l) {
      patients.rows.back().push_back(std::ssize(a));
      a.push_back(100.0 * l + once.back());
      b.push_back(100.0 * l);
    }
  }
  const std::vector<double> nothing(8, 0.0);
  const Differences many = bland_altman(a, b, patients).absolute;
  const Differences alone = bland_altman(once, nothing, each_alone(8)).absolute;
  CHECK(many.sd.value == Approx(alone.sd.value).epsilon(1e-12));
  CHECK(many.bias.low == Approx(alone.bias.low).epsilon(1e-10));
}

TEST_CASE("Bland-Altman withholds what pairs cannot tell") {
  const std::vector<double> a{1, NAN, 3}, b{-2, 5, NAN}, none{NAN, NAN, NAN};
  CHECK(bland_altman(a, none, each_alone(3)).absolute.bias.reason == "no lesion has both values");
  const BlandAltman one = bland_altman(a, b, each_alone(3));
  CHECK(one.pairs == 1);
  CHECK(one.absolute.sd.reason == "one pair: a spread needs two");
  CHECK(!one.relative.bias.has_value());
  CHECK(!one.slope.has_value());
  const std::vector<double> x{1, 2, 3, 4}, y{2, 2, 4, 4};
  const Clusters single{{{0, 1, 2, 3}}};
  CHECK(bland_altman(x, y, single).absolute.upper.has_value());
  CHECK(!bland_altman(x, y, single).absolute.upper.has_interval());
  CHECK(!bland_altman(x, y, single).absolute.upper.reason.empty());
}

TEST_CASE("linearity of an exact line is the line, and of a parabola its curvature") {
  std::vector<double> x, line, curve;
  for (int i = 0; i < 10; ++i) {
    x.push_back(1000.0 + i);
    line.push_back(-3.0 + 0.8 * x.back());
    curve.push_back(2.0 + x.back() + 0.25 * (x.back() - 1004.5) * (x.back() - 1004.5));
  }
  const Linearity straight = linearity(line, x, each_alone(10));
  CHECK(straight.slope.value == Approx(0.8).epsilon(1e-12));
  CHECK(straight.intercept.value == Approx(-3.0).epsilon(1e-9));
  CHECK(straight.r_squared.value == Approx(1.0).epsilon(1e-12));
  CHECK(straight.quadratic.value == Approx(0.0).margin(1e-12));
  const Linearity bent = linearity(curve, x, each_alone(10));
  CHECK(bent.quadratic.value == Approx(0.25).epsilon(1e-10));
  CHECK(bent.quadratic_p < 1e-6);
  CHECK(bent.r_squared.value < 1.0);
}

TEST_CASE("the slope's interval is Student's where lesions are independent and alike") {
  // Homoscedastic normal errors: leaving out one approaches the classical standard error.
  Rng rng(make_stream(9, "line", Draw::test), 0);
  std::vector<double> x, y;
  for (int i = 0; i < 400; ++i) {
    x.push_back(rng.normal());
    y.push_back(2.0 * x.back() + rng.normal());
  }
  const Linearity fit = linearity(y, x, each_alone(400));
  double squares = 0.0, residual = 0.0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    squares += x[i] * x[i];
    residual += std::pow(y[i] - fit.intercept.value - fit.slope.value * x[i], 2);
  }
  const double error = std::sqrt(residual / 398.0 / squares);
  CHECK(fit.slope.high - fit.slope.value ==
        Approx(student_t_quantile(0.975, 399.0) * error).epsilon(0.1));
  CHECK(fit.quadratic_p > 0.01);
}

TEST_CASE("linearity is withheld where nothing varies or too few values are there") {
  const std::vector<double> x{1, 2, 3, 4}, flat{5, 5, 5, 5}, two{1, 2, 1, 2}, gap{1, NAN, NAN, 2};
  CHECK(linearity(x, flat, each_alone(4)).slope.reason == "the truth is the same in every lesion");
  CHECK(linearity(flat, x, each_alone(4)).slope.reason ==
        "the measurement is the same in every lesion");
  CHECK(linearity(gap, x, each_alone(4)).slope.reason.find("2 pair(s)") == 0);
  const Linearity steps = linearity(x, two, each_alone(4));
  CHECK(steps.slope.has_value());
  CHECK(!steps.quadratic.has_value());
  CHECK(std::isnan(steps.quadratic_p));
  CHECK(steps.quadratic.reason.find("too few different values") != std::string::npos);
}

TEST_CASE("coefficients from shared resamples have the bits of each alone") {
  Rng rng(make_stream(12, "shared", Draw::test), 0);
  Ratings r(24, 5);
  for (Index i = 0; i < r.rows(); ++i) {
    const double lesion = rng.normal();
    for (Index j = 0; j < r.cols(); ++j) r(i, j) = lesion + 0.5 * rng.normal() + 0.2 * double(j);
  }
  Clusters pairs;
  for (Index p = 0; p < 12; ++p) pairs.rows.push_back({2 * p, 2 * p + 1});
  const Resamples drawn(resampling.stream, resampling.replicates);
  Resampling shared = resampling;
  shared.drawn = &drawn;
  constexpr std::array kinds{Agreement::absolute, Agreement::consistency,
                             Agreement::overall_concordance};
  const auto together = agreements_by_patients(r, pairs, shared, kinds);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const Estimate alone = agreement_by_patients(r, pairs, resampling, kinds[i]);
    CHECK(together[i].low == alone.low);
    CHECK(together[i].high == alone.high);
    CHECK(alone.low < alone.value);
    CHECK(alone.value < alone.high);
  }
  const auto& counts = drawn.of(12);
  for (Index b = 0; b < counts.cols(); ++b) CHECK(counts.col(b).cast<int>().sum() == 12);
}

TEST_CASE("differences on a scale are those of its values, near and far, within and at its ends") {
  const Scale scale = Scale::between(-0.2, 1.0);
  for (const double y : {-0.2, -0.19, 0.3, 0.999, 1.0 - 1e-11, 1.0, 1.5})
    for (const double step : {0.0, 1e-12, 1e-7, 1e-3, 0.02, 0.5})
      for (const double x : {y - step, y + step}) {
        CAPTURE(x, y);
        // One minus a share of the range has lost what is smaller than a share's last digit.
        const double room = std::min(1.0 - std::max(x, y), std::min(x, y) + 0.2);
        const double lost = 1e-15 * std::max(1.0, 1.2 / std::max(room, 1e-12));
        CHECK(scale.difference(x, y) ==
              Approx(scale.to(x) - scale.to(y)).epsilon(1e-12).margin(30.0 * lost));
        CHECK(scale.difference(x, y) == Approx(-scale.difference(y, x)).epsilon(1e-12));
      }
  // Where both values have lost the difference: its derivative, range / ((x - low) (high - x)).
  const double moved = std::nextafter(0.4, 1.0);
  CHECK(scale.difference(moved, 0.4) == Approx((moved - 0.4) * 1.2 / (0.6 * 0.6)).epsilon(1e-12));
  CHECK(Scale::plain().difference(3.0, 1.0) == 2.0);
}

TEST_CASE("ratios of many sets are those of each alone") {
  // Denominators that some share, one that is the same for all, one set that no patient changes.
  constexpr Index patients = 41;
  std::vector<PatientSums> sets(4, PatientSums::Zero(3, patients));
  Rng rng(make_stream(8, "sets", Draw::test), 0);
  for (Index p = 0; p < patients; ++p) {
    const double truth = 5.0 + rng.normal();
    for (std::size_t i = 0; i < sets.size(); ++i) {
      sets[i](1, p) = i == 2 ? 1.0 + double(p % 3) : 1.0;
      sets[i](2, p) = i == 1 ? truth + 0.1 * rng.normal() : truth;
      sets[i](0, p) = i == 3 ? 0.0 : 0.1 * truth + rng.normal();
    }
  }
  const std::vector<Estimate> together = patient_ratios(sets, resampling);
  REQUIRE(together.size() == 8);
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const std::vector<Estimate> alone = patient_ratios({&sets[i], 1}, resampling);
    for (std::size_t s = 0; s < 2; ++s) {
      CAPTURE(i, s);
      const Estimate& one = together[2 * i + s];
      CHECK(one.value == Approx(alone[s].value).epsilon(1e-12));
      CHECK(one.low == Approx(alone[s].low).epsilon(1e-11));
      CHECK(one.high == Approx(alone[s].high).epsilon(1e-11));
      CHECK((one.low < one.high) == (i != 3));
    }
  }
}

TEST_CASE("ratios have the intervals that the bootstrap of any statistic gives them") {
  // Patients with as many lesions each, with 1 to 3, and so few that one may be drawn alone.
  // Different roundings alone: intervals agree to 1e-9 of their width.
  for (const auto& [patients, most] : {std::pair<Index, int>{40, 1}, {40, 3}, {4, 2}}) {
    CAPTURE(patients, most);
    PatientSums sums = PatientSums::Zero(3, patients);
    Rng rng(make_stream(7, "ratios", Draw::test), std::uint64_t(patients * most));
    for (Index p = 0; p < patients; ++p) {
      sums(1, p) = 1.0 + double(p % most);
      for (int lesion = 0; lesion < int(sums(1, p)); ++lesion) {
        const double truth = 5.0 + rng.normal() * 0.5;
        sums(0, p) += 0.1 * truth + rng.normal();
        sums(2, p) += truth;
      }
    }
    const std::vector<Estimate> found = patient_ratios({&sums, 1}, resampling);
    REQUIRE(found.size() == 2);
    for (std::size_t s = 0; s < 2; ++s) {
      const Estimate expected =
          patient_bootstrap(sums, resampling, Scale::plain(),
                            [&](std::span<const double> total) { return total[0] / total[s + 1]; });
      CHECK(found[s].value == Approx(expected.value).epsilon(1e-12));
      REQUIRE(expected.has_interval());
      const double width = expected.high - expected.low;
      CHECK(std::fabs(found[s].low - expected.low) < 1e-9 * width);
      CHECK(std::fabs(found[s].high - expected.high) < 1e-9 * width);
    }
  }
}

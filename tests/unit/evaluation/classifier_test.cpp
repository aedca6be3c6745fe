// Areas under ROC curves with their errors, cross-validation and calibration.
#include "vitrine/evaluation/classifier.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdlib>
#include <iostream>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/calibration.hpp"
#include "vitrine/evaluation/folds.hpp"
#include "vitrine/evaluation/roc.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

/// Each row a patient of its own.
Clusters apart(std::size_t rows) {
  Clusters clusters;
  for (std::size_t i = 0; i < rows; ++i) clusters.rows.push_back({Index(i)});
  return clusters;
}

RocArea area_of(const std::vector<double>& score, const std::vector<bool>& label) {
  return roc_area(score, label, apart(score.size()), std::vector<Index>(score.size(), 0));
}

double variance_of(const RocArea& area) {
  double sum = 0.0;
  for (const double x : area.influence) sum += x * x;
  return sum;
}

/// Patients of two classes, features of variance 1: the first `carrying` of them `shift` apart.
ClassifierCases simulate(Index patients, Index features, Index carrying, double shift,
                         std::uint64_t seed) {
  ClassifierCases cases;
  cases.values.resize(patients, features);
  Rng rng(make_stream(seed, "classifier", Draw::test), 0);
  for (Index i = 0; i < patients; ++i) {
    cases.label.push_back(i % 2 == 1);
    cases.patient.push_back("p" + std::to_string(i));
    for (Index j = 0; j < features; ++j)
      cases.values(i, j) = rng.normal() + (j < carrying && cases.label.back() ? shift : 0.0);
  }
  return cases;
}

std::vector<Index> folds_of(const ClassifierCases& cases, Index folds, std::uint64_t seed = 3) {
  std::vector<std::string> group;
  for (const bool label : cases.label) group.push_back(label ? "with" : "without");
  return deal_folds(cases.patient, group, folds, Rng(make_stream(seed, "folds", Draw::test), 0));
}

}  // namespace

TEST_CASE("an area is Mann and Whitney's share of pairs, its variance DeLong's components") {
  // scikit-learn's example of roc_auc_score: 0.75. Placements of the labelled 0.5 and 1, of the
  // others 1 and 0.5: variances of 1/8 each, over 2.
  const RocArea area = area_of({0.1, 0.4, 0.35, 0.8}, {false, false, true, true});
  CHECK(area.value == 0.75);
  CHECK(variance_of(area) == Approx(0.125).epsilon(1e-12));
  const RocArea ties = area_of({1.0, 1.0, 1.0, 1.0, 2.0}, {false, true, false, true, true});
  CHECK(ties.value == Approx((4.0 * 0.5 + 2.0) / 6.0).epsilon(1e-12));
}

TEST_CASE("areas of clustered rows and their difference are those of Obuchowski's method") {
  // Two or three rows a patient, all of one class: `discrimination` sums other terms to the same.
  Rng rng(make_stream(4, "obuchowski", Draw::test), 0);
  std::vector<double> a, b;
  std::vector<bool> label;
  std::vector<std::optional<bool>> known;
  Clusters patients;
  for (int p = 0; p < 20; ++p) {
    patients.rows.emplace_back();
    const double shared = rng.normal();
    for (int l = 0; l < 2 + p % 2; ++l) {
      patients.rows.back().push_back(std::ssize(a));
      label.push_back(p < 8);
      known.emplace_back(p < 8);
      a.push_back(shared + rng.normal() + (p < 8 ? 1.0 : 0.0));
      b.push_back(a.back() + rng.normal());
    }
  }
  const std::vector<Index> one(a.size(), 0);
  const RocArea of_a = roc_area(a, label, patients, one), of_b = roc_area(b, label, patients, one);
  const Discrimination reference = discrimination(a, b, known, patients);
  const auto same = [](const Estimate& ours, const Estimate& other) {
    CHECK(ours.value == Approx(other.value).epsilon(1e-12));
    CHECK(ours.low == Approx(other.low).epsilon(1e-10));
    CHECK(ours.high == Approx(other.high).epsilon(1e-10));
  };
  same(area_interval(of_a), reference.before);
  same(area_interval(of_b), reference.after);
  same(area_difference(of_b, of_a), reference.change);
  const Estimate none = area_difference(of_a, of_a);
  CHECK(none.low == 0.0);
  CHECK(none.high == 0.0);
}

TEST_CASE("rows of different folds are not compared") {
  // Fold 1 has the same scores as fold 0, 100 higher: a pooled area would mix them.
  const std::vector<double> score{0.1, 0.4, 0.35, 0.8, 100.1, 100.4, 100.35, 100.8};
  const std::vector<bool> label{false, false, true, true, false, false, true, true};
  const std::vector<Index> fold{0, 0, 0, 0, 1, 1, 1, 1};
  const RocArea area = roc_area(score, label, apart(8), fold);
  CHECK(area.value == 0.75);
  CHECK(variance_of(area) == Approx(0.125 / 2.0).epsilon(1e-12));  // two halves
  const RocArea mean = mean_area(std::vector<RocArea>{area, area, area});
  CHECK(mean.value == Approx(0.75));
  CHECK(variance_of(mean) == Approx(variance_of(area)).epsilon(1e-12));
}

TEST_CASE("areas without an interval say why") {
  const std::vector<Index> one(4, 0), split{0, 0, 1, 1};
  const std::vector<bool> label{false, true, false, true}, halves{false, false, true, true};
  const std::vector<double> score{1.0, 2.0, 3.0, 4.0};
  CHECK_THAT(area_interval(area_of({1.0, 2.0, 3.0}, {false, true, true})).reason,
             Catch::Contains("1 without"));
  CHECK_THAT(area_interval(roc_area(score, label, apart(4), split)).reason,
             Catch::Contains("single patient"));
  CHECK_THAT(area_interval(roc_area(score, halves, apart(4), split)).reason,
             Catch::Contains("both classes"));
  CHECK_THAT(area_interval(roc_area(score, halves, apart(4), one)).reason,
             Catch::Contains("do not overlap"));
  CHECK_THROWS_WITH(roc_area(std::vector<double>{1.0, NAN, 2.0, 3.0}, label, apart(4), one),
                    Catch::Contains("not a number"));
}

TEST_CASE("a patient's rows leave the model that scores them alone") {
  const ClassifierCases cases = simulate(60, 4, 2, 1.0, 1);
  const std::vector<Index> fold = folds_of(cases, 5);
  const Stream stream = make_stream(1, "inner", Draw::test);
  const CrossValidated before = cross_validate(cases, fold, {}, stream);
  ClassifierCases other = cases;
  other.values.row(7).array() += 50.0;
  const CrossValidated after = cross_validate(other, fold, {}, stream);
  REQUIRE(before.strength.size() == 5);
  for (std::size_t i = 0; i < 60; ++i) {
    if (fold[i] == fold[7] && i != 7)
      CHECK(before.score[i] == after.score[i]);
    else
      CHECK(before.score[i] != after.score[i]);
  }
  // A label of its own says nothing of a row either.
  other = cases;
  other.label[7] = !other.label[7];
  CHECK(cross_validate(other, fold, {}, stream).score[7] == before.score[7]);
  CHECK(cross_validate(cases, fold, {}, stream).score == before.score);
}

TEST_CASE("a classifier finds a signal, and none where there is none") {
  const auto area = [](const ClassifierCases& cases, double mixing) {
    const auto fold = folds_of(cases, 5);
    const auto said =
        cross_validate(cases, fold, {.mixing = mixing}, make_stream(2, "inner", Draw::test));
    return area_interval(roc_area(said.score, cases.label, apart(cases.label.size()), fold));
  };
  for (const double mixing : {0.0, 0.5, 1.0}) {
    // Two features 1 apart: no classifier has more than Phi(1) = 0.841.
    const Estimate signal = area(simulate(200, 8, 2, 1.0, 5), mixing);
    CHECK(signal.low < 0.841);
    CHECK(signal.high > 0.841);
    CHECK(signal.low > 0.7);
  }
  const Estimate nothing = area(simulate(200, 8, 0, 0.0, 6), 0.0);
  CHECK(nothing.low < 0.5);
  CHECK(nothing.high > 0.5);
}

TEST_CASE("batches are taken out by a fit to the rows that are learnt from") {
  ClassifierCases cases = simulate(120, 4, 2, 1.2, 8);
  for (Index i = 0; i < 120; ++i) {
    cases.batch.emplace_back(1, char('a' + i / 2 % 3));
    cases.values.row(i).array() += 10.0 * double(i / 2 % 3);
  }
  const auto fold = folds_of(cases, 5);
  const Stream stream = make_stream(1, "inner", Draw::test);
  const auto area = [&](const ClassifierOptions& options) {
    return roc_area(cross_validate(cases, fold, options, stream).score, cases.label, apart(120),
                    fold)
        .value;
  };
  ClassifierOptions harmonised;
  harmonised.harmonise = CombatOptions{};
  CHECK(area(harmonised) > area({}) + 0.02);
  harmonised.harmonise->smallest_batch = 50;
  CHECK_THROWS_WITH(cross_validate(cases, fold, harmonised, stream),
                    Catch::Contains("too few cases in batch"));
  std::vector<Index> torn = fold;
  cases.patient[1] = cases.patient[0];
  torn[0] = 0;
  torn[1] = 1;
  CHECK_THROWS_WITH(cross_validate(cases, torn, {}, stream), Catch::Contains("two folds"));
}

TEST_CASE("log-odds that are right are calibrated, and those twice as sure have half the slope") {
  Rng rng(make_stream(3, "calibration", Draw::test), 0);
  std::vector<double> score, twice, high;
  std::vector<bool> label;
  for (int i = 0; i < 4000; ++i) {
    score.push_back(1.5 * rng.normal());
    label.push_back(rng.uniform() < probability(score.back()));
    twice.push_back(2.0 * score.back());
    high.push_back(score.back() + 0.7);
  }
  const Clusters patients = apart(score.size());
  const Calibration right = calibration(score, label, patients, 0.5);
  CHECK(right.intercept.low < 0.0);
  CHECK(right.intercept.high > 0.0);
  CHECK(right.slope.low < 1.0);
  CHECK(right.slope.high > 1.0);
  CHECK(calibration(twice, label, patients, 0.5).slope.value ==
        Approx(0.5 * right.slope.value).epsilon(1e-6));
  // At a slope of 1 alone, so near to 0.7 as the slope is to 1.
  CHECK(calibration(high, label, patients, 0.5).intercept.value ==
        Approx(right.intercept.value - 0.7).epsilon(1e-6));
  // The threshold moves with the scores.
  const Calibration moved = calibration(high, label, patients, probability(0.7));
  CHECK(moved.sensitivity.value == right.sensitivity.value);
  CHECK(moved.specificity.value == right.specificity.value);
  CHECK(right.brier.value < 0.25);
  // Each row twice is no more information.
  Clusters doubled;
  std::vector<double> scores = score;
  std::vector<bool> labels = label;
  for (std::size_t i = 0; i < score.size(); ++i) {
    doubled.rows.push_back({Index(i), Index(i + score.size())});
    scores.push_back(score[i]);
    labels.push_back(label[i]);
  }
  const Calibration again = calibration(scores, labels, doubled, 0.5);
  for (const auto part : {&Calibration::intercept, &Calibration::slope, &Calibration::brier,
                          &Calibration::sensitivity, &Calibration::specificity}) {
    CHECK((again.*part).low == Approx((right.*part).low).epsilon(1e-6));
    CHECK((again.*part).high == Approx((right.*part).high).epsilon(1e-6));
  }
}

TEST_CASE("calibration of few, of one class and of separated classes is withheld") {
  const std::vector<double> score{-1.0, -2.0, 1.0, 2.0, 3.0, -3.0};
  const std::vector<bool> label{false, false, true, true, true, false};
  const Calibration apart_ = calibration(score, label, apart(6), 0.5);
  CHECK_THAT(apart_.slope.reason, Catch::Contains("without error"));
  CHECK(apart_.sensitivity.value == 1.0);
  CHECK_THAT(apart_.sensitivity.reason, Catch::Contains("alike"));
  CHECK(apart_.brier.has_interval());
  CHECK_THAT(calibration(score, std::vector<bool>(6, true), apart(6), 0.5).brier.reason,
             Catch::Contains("one class"));
  const Calibration few =
      calibration(std::vector<double>{0.1, -0.2, 0.3}, {false, true, true}, apart(3), 0.5);
  CHECK_THAT(few.brier.reason, Catch::Contains("1 without"));
}

namespace {

/// How often 95 % intervals hold what cross-validated models come to (patients of other trials),
/// and 0.5 without a signal.
struct Covered {
  double area = 0.0, difference = 0.0, nothing = 0.0;
  double mean_nothing = 0.0;
};

/// Area of a linear score among normal features of variance 1.
double true_area(const LogisticModel& model, Index carrying, double shift) {
  const double apart_ = shift * model.coefficients.head(carrying).sum();
  return math::normal_cdf(apart_ / (std::sqrt(2.0) * model.coefficients.norm() + 1e-300));
}

Covered coverage(int simulations, Index patients, std::uint64_t repeats) {
  constexpr Index features = 6, carrying = 2;
  constexpr double shift = 0.9;
  struct One {
    RocArea all, part, nothing;
    double true_all = 0.0, true_part = 0.0;
  };
  std::vector<One> runs(static_cast<std::size_t>(simulations));
  parallel_for(simulations, [&](std::int64_t s) {
    const ClassifierOptions options{.strengths = 6};
    const Stream stream = make_stream(std::uint64_t(s), "inner", Draw::test);
    const auto of = [&](const ClassifierCases& cases, double* truth) {
      std::vector<RocArea> areas;
      for (std::uint64_t repeat = 0; repeat < repeats; ++repeat) {
        const auto fold = folds_of(cases, 5, std::uint64_t(s) + 100000 * repeat);
        const auto said = cross_validate(cases, fold, options, stream);
        for (Index which = 0; truth && which < 5; ++which) {
          std::vector<Index> learn;
          std::vector<bool> label;
          for (Index i = 0; i < patients; ++i)
            if (fold[std::size_t(i)] != which) {
              learn.push_back(i);
              label.push_back(cases.label[std::size_t(i)]);
            }
          const auto model = logistic_regression(cases.values(learn, Eigen::all), label,
                                                 {said.strength[std::size_t(which)], 0.0});
          *truth += true_area(model, std::min<Index>(carrying, cases.values.cols()), shift) /
                    double(5 * repeats);
        }
        areas.push_back(roc_area(said.score, cases.label, apart(cases.label.size()), fold));
      }
      return mean_area(areas);
    };
    One& run = runs[std::size_t(s)];
    ClassifierCases cases = simulate(patients, features, carrying, shift, 1000 + std::uint64_t(s));
    run.all = of(cases, &run.true_all);
    cases.values = cases.values.leftCols(1).eval();
    run.part = of(cases, &run.true_part);
    run.nothing = of(simulate(patients, features, 0, 0.0, 5000 + std::uint64_t(s)), nullptr);
  });
  double all = 0.0, part = 0.0;
  Covered covered;
  for (const One& run : runs) {
    all += run.true_all / simulations;
    part += run.true_part / simulations;
    covered.mean_nothing += run.nothing.value / simulations;
  }
  const auto holds = [&](const Estimate& e, double truth) {
    return (e.low <= truth && truth <= e.high ? 100.0 : 0.0) / simulations;
  };
  for (const One& run : runs) {
    covered.area += holds(area_interval(run.all), all);
    covered.difference += holds(area_difference(run.all, run.part), all - part);
    covered.nothing += holds(area_interval(run.nothing), 0.5);
  }
  return covered;
}

}  // namespace

TEST_CASE("intervals of cross-validated areas hold what they should") {
  const Covered covered = coverage(100, 60, 1);
  // 95 % less three standard errors of 100 simulations.
  CHECK(covered.area >= 88.0);
  CHECK(covered.difference >= 88.0);
  CHECK(covered.mean_nothing == Approx(0.5).margin(0.03));
}

TEST_CASE("coverage of cross-validated areas", "[full]") {
  const char* asked = std::getenv("VITRINE_COVERAGE");
  const int simulations = asked ? std::atoi(asked) : 400;
  for (const Index patients : {Index{40}, Index{100}, Index{300}}) {
    const Covered covered = coverage(simulations, patients, 5);
    std::cout << patients << " patients: area " << covered.area << ", difference "
              << covered.difference << ", no signal " << covered.nothing << " (mean "
              << covered.mean_nothing << ")\n";
    CHECK(covered.area > 89.0);
    CHECK(covered.difference > 89.0);
    CHECK(covered.nothing > 80.0);  // all models learn from the same chance
  }
}

#include <catch2/catch.hpp>
#include <cmath>

#include "group_scores.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/reader_study.hpp"
#include "vitrine/evaluation/several_readers.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

constexpr double failed = std::numeric_limits<double>::quiet_NaN();

Resampling few_resamples() {
  Resampling resampling{make_stream(5, "rating", Draw::bootstrap)};
  resampling.replicates = 400;
  return resampling;
}

/// Patients of one image in each of so many arms, rated as a whole.
ReaderStudy study_of(const std::vector<std::vector<double>>& ratings_of_arms,
                     const std::vector<bool>& label) {
  ReaderStudy study;
  study.gives = Gives::ratings;
  study.probabilities = true;
  ArmGroup scanner{"scanner", {}, "a"};
  for (std::size_t arm = 0; arm < ratings_of_arms.size(); ++arm) {
    scanner.level.emplace_back(1, char('a' + arm));
    for (std::size_t p = 0; p < label.size(); ++p) {
      ImageScore& image = study.images.emplace_back();
      image.patient = "p" + std::to_string(100 + p);
      image.arm = arm;
      image.positive = label[p];
      image.failed = std::isnan(ratings_of_arms[arm][p]);
      image.lesions.push_back({"", {}, {}, ratings_of_arms[arm][p]});
    }
  }
  study.groups = {scanner};
  return study;
}

RocArea area_of(double value, std::vector<double> influence) {
  return {value, std::move(influence), 2, 2};
}

double logit(double x) { return std::log(x / (1.0 - x)); }

}  // namespace

TEST_CASE("a ROC curve has a point a threshold, and its area is the share of pairs") {
  const std::vector<double> score{0.9, 0.8, 0.8, 0.6, 0.5, 0.3};
  const std::vector<bool> label{true, true, false, true, false, false};
  const RocCurve curve = roc_curve(score, label);
  REQUIRE(curve.sensitivity.size() == 6);  // (0, 0), and the tie of 0.8 is one
  CHECK(curve.threshold[2] == 0.8);
  CHECK(curve.sensitivity[2] == Approx(2.0 / 3.0));
  CHECK(curve.false_positive_rate[2] == Approx(1.0 / 3.0));
  CHECK((curve.sensitivity.back() == 1.0 && curve.false_positive_rate.back() == 1.0));
  double area = 0.0;
  for (std::size_t t = 1; t < curve.sensitivity.size(); ++t)
    area += 0.5 * (curve.sensitivity[t] + curve.sensitivity[t - 1]) *
            (curve.false_positive_rate[t] - curve.false_positive_rate[t - 1]);
  const Clusters patients =
      Clusters::by_label(std::vector<std::string>{"a", "b", "c", "d", "e", "f"});
  CHECK(area == Approx(roc_area(score, label, patients, std::vector<Index>(6, 0)).value));
  CHECK(area == Approx(7.5 / 9.0));  // of 9 pairs one is wrong and one tied
  CHECK_THROWS_AS(roc_curve(score, std::vector<bool>(6, true)), Error);
}

TEST_CASE("groups of ratings have their areas, and failures are as wrong as can be") {
  // On b the second with the label is rated below both without it: 2 of 4 pairs lost.
  const std::vector<bool> label{true, true, false, false};
  const ReaderStudy study = study_of({{0.9, 0.8, 0.3, 0.2}, {0.9, 0.1, 0.3, 0.2}}, label);
  const auto scores = score_groups(study, 1.0, few_resamples());
  CHECK(find(scores, "scanner", "a", "auc").value.value == 1.0);
  CHECK(find(scores, "scanner", "b", "auc").value.value == 0.5);
  CHECK(find(scores, "scanner", "b", "auc").difference.value == -0.5);
  CHECK(find(scores, "all", "", "auc").value.value == 0.75);
  CHECK(find(scores, "scanner", "b", "sensitivity").value.value == 0.5);
  CHECK(find(scores, "scanner", "b", "sensitivity").difference.value == -0.5);
  CHECK(find(scores, "scanner", "b", "specificity").value.value == 1.0);
  CHECK(find(scores, "scanner", "b", "brier").value.value ==
        Approx((0.01 + 0.81 + 0.09 + 0.04) / 4.0));
  const auto broken =
      score_groups(study_of({{failed, 0.8, 0.3, failed}}, label), 1.0, few_resamples());
  CHECK(find(broken, "all", "", "auc").value.value == 0.25);  // 0.8 before 0.3 alone
  CHECK(find(broken, "all", "", "auc").failed == 2);
  CHECK(find(broken, "all", "", "sensitivity").value.value == 0.5);
  CHECK(find(broken, "all", "", "specificity").value.value == 0.5);
  CHECK(find(broken, "all", "", "brier").value.value == Approx((1.0 + 0.04 + 0.09 + 1.0) / 4.0));
}

TEST_CASE("probabilities that are frequencies are calibrated; scores are no probabilities") {
  // Of four at 1/4 one has the label, of four at 3/4 three: slope 1, intercept 0, Brier 3/16.
  const std::vector<bool> label{true, false, false, false, true, true, true, false};
  const std::vector<double> honest{0.25, 0.25, 0.25, 0.25, 0.75, 0.75, 0.75, 0.75};
  ReaderStudy study = study_of({honest}, label);
  auto scores = score_groups(study, 1.0, few_resamples());
  CHECK(find(scores, "all", "", "calibration_slope").value.value == Approx(1.0).epsilon(1e-6));
  CHECK(find(scores, "all", "", "calibration_intercept").value.value == Approx(0.0).margin(1e-6));
  CHECK(find(scores, "all", "", "brier").value.value == Approx(3.0 / 16.0));
  // Log-odds twice as far out say twice what they should.
  std::vector<double> bold;
  for (const double p : honest) bold.push_back(p < 0.5 ? 0.1 : 0.9);  // odds 1:9 of 1:3
  scores = score_groups(study_of({bold}, label), 1.0, few_resamples());
  CHECK(find(scores, "all", "", "calibration_slope").value.value == Approx(0.5).epsilon(1e-6));
  study.probabilities = false;
  scores = score_groups(study, 1.0, few_resamples());
  CHECK(find(scores, "all", "", "auc").value.has_value());
  for (const char* metric : {"sensitivity", "specificity", "brier", "calibration_slope"})
    CHECK_FALSE(find(scores, "all", "", metric).value.has_value());
  scores = score_groups(study_of({honest}, std::vector<bool>(8, true)), 1.0, few_resamples());
  CHECK_FALSE(find(scores, "all", "", "auc").value.has_value());
  CHECK(roc_of(study_of({honest}, std::vector<bool>(8, true))).threshold.empty());
  CHECK(find(scores, "all", "", "sensitivity").value.value == 0.5);
}

TEST_CASE("rated lesions are grouped by size, each against those of its size") {
  ReaderStudy study;
  study.gives = Gives::ratings;
  study.groups = {{"scanner", {"a"}, "a"}};
  study.lesion_classes = {"size_mm"};
  for (int p = 0; p < 8; ++p) {
    ImageScore& image = study.images.emplace_back();
    image.patient = std::string(1, char('p' + p));
    image.positive = p % 2 == 0;
    // Small ones are told, large ones are told the wrong way round.
    image.lesions.push_back({"0", {"small"}, {}, image.positive ? 2.0 : 1.0});
    image.lesions.push_back({"1", {"large"}, {}, image.positive ? 5.0 : 6.0});
  }
  const auto scores = score_groups(study, 1.0, few_resamples());
  CHECK(find(scores, "size_mm", "small", "auc").value.value == 1.0);
  CHECK(find(scores, "size_mm", "large", "auc").value.value == 0.0);
  // Small with, large without: wrong; large with, small without: right.
  CHECK(find(scores, "all", "", "auc").value.value == 0.5);
  CHECK(worst_group(scores, "auc", Better::near_one, 5)->level == "large");
}

TEST_CASE("readers that agree leave the error of patients, patients that agree that of readers") {
  const std::vector<double> influence{0.05, -0.02, 0.03, -0.06};
  double squares = 0.0;
  for (const double x : influence) squares += x * x;
  // Equal readers: no spread, so their covariance is the variance of each; Student's t is normal.
  const std::vector<RocArea> equal(3, area_of(0.8, influence));
  const Estimate same = mean_over_readers(equal);
  CHECK(same.value == Approx(0.8));
  const double half = math::normal_quantile(0.975) * std::sqrt(squares) / (0.8 * 0.2);
  CHECK(logit(same.high) - logit(0.8) == Approx(half).epsilon(1e-4));
  CHECK(logit(0.8) - logit(same.low) == Approx(half).epsilon(1e-4));
  // No error of patients: a t interval of three values, on the scale of log-odds.
  const std::vector<double> none(4, 0.0);
  const std::vector<RocArea> apart{area_of(0.7, none), area_of(0.8, none), area_of(0.9, none)};
  const Estimate spread = mean_over_readers(apart);
  const double error = 0.1 / std::sqrt(3.0) / (0.8 * 0.2);
  CHECK(logit(spread.high) - logit(0.8) == Approx(student_t_quantile(0.975, 2.0) * error));
  // A difference that all readers share and no patient blurs is certain.
  std::vector<RocArea> lower = apart;
  for (RocArea& area : lower) area.value -= 0.05;
  const Estimate shift = difference_over_readers(lower, apart);
  CHECK(shift.value == Approx(-0.05));
  CHECK(shift.high - shift.low == Approx(0.0).margin(1e-9));
  CHECK_FALSE(mean_over_readers(std::vector<RocArea>{equal.front()}).has_interval());
}

TEST_CASE("two readers of opposite patients: errors by hand") {
  // Areas 0.6 and 0.8: MS 0.02. Influences whose products add up to 0.01: Cov 0.01. Variance
  // 0.01 + 0.01, degrees ((0.02 + 2 * 0.01) / 0.02)^2 = 4.
  const std::vector<RocArea> a{area_of(0.6, {0.1, 0.0, 0.0, 0.0}),
                               area_of(0.8, {0.1, 0.1, 0.0, 0.0})};
  const Estimate mean = mean_over_readers(a);
  const double half = student_t_quantile(0.975, 4.0) * std::sqrt(0.02) / (0.7 * 0.3);
  CHECK(logit(mean.high) - logit(0.7) == Approx(half).epsilon(1e-9));
  // Products below 0 count as none.
  const std::vector<RocArea> b{area_of(0.6, {0.1, 0.0, 0.0, 0.0}),
                               area_of(0.8, {-0.1, 0.1, 0.0, 0.0})};
  const Estimate bounded = mean_over_readers(b);
  const double narrow = student_t_quantile(0.975, 1.0) * std::sqrt(0.01) / (0.7 * 0.3);
  CHECK(logit(bounded.high) - logit(0.7) == Approx(narrow).epsilon(1e-9));
}

TEST_CASE("intervals of several readers hold the truth as often as they say", "[full]") {
  // Roe & Metz, Acad Radiol 4 (1997) 298: ratings of reader, case, reader by case and error, the
  // reader's different for either class; two modalities without a difference. Reader variance 0.03,
  // cases 0.3, modality by case 0.3, reader by case 0.2, error 0.2. Between readers, areas are
  // those of the separation mu + N(0, 2 * 0.03): their mean is Phi(mu / sqrt(2 * (1 + 0.03))).
  constexpr int simulations = 600, readers = 5, cases = 50;
  const double mu = 1.5, of_reader = std::sqrt(0.03);
  const double truth = math::normal_cdf(mu / std::sqrt(2.0 * 1.03));
  std::vector<bool> label;
  std::vector<std::string> names;
  for (int c = 0; c < cases; ++c) {
    label.push_back(c % 2 == 0);
    names.push_back(std::to_string(c));
  }
  const Clusters patients = Clusters::by_label(names);
  int holds_mean = 0, holds_difference = 0;
  for (int s = 0; s < simulations; ++s) {
    Rng rng(make_stream(9, "roe and metz", Draw::test), std::uint64_t(s));
    std::vector<double> of_case, by_case[2];
    for (int c = 0; c < cases; ++c) of_case.push_back(std::sqrt(0.3) * rng.normal());
    for (auto& one : by_case)
      for (int c = 0; c < cases; ++c) one.push_back(std::sqrt(0.3) * rng.normal());
    std::vector<RocArea> areas[2];
    for (int r = 0; r < readers; ++r) {
      const double offset[2] = {of_reader * rng.normal(), of_reader * rng.normal()};
      std::vector<double> own;
      for (int c = 0; c < cases; ++c) own.push_back(std::sqrt(0.2) * rng.normal());
      for (std::size_t m = 0; m < 2; ++m) {
        std::vector<double> rating;
        for (std::size_t c = 0; c < cases; ++c)
          rating.push_back((label[c] ? mu : 0.0) + offset[label[c] ? 1 : 0] + of_case[c] +
                           by_case[m][c] + own[c] + std::sqrt(0.2) * rng.normal());
        areas[m].push_back(roc_area(rating, label, patients, std::vector<Index>(cases, 0)));
      }
    }
    const Estimate mean = mean_over_readers(areas[0]);
    const Estimate difference = difference_over_readers(areas[0], areas[1]);
    holds_mean += mean.low <= truth && truth <= mean.high;
    holds_difference += difference.low <= 0.0 && 0.0 <= difference.high;
  }
  // 95 %, give or take 3 standard errors (2.7 %).
  CAPTURE(holds_mean, holds_difference);
  CHECK(holds_mean >= 0.923 * simulations);
  CHECK(holds_mean <= 0.985 * simulations);
  CHECK(holds_difference >= 0.923 * simulations);
  CHECK(holds_difference <= 0.985 * simulations);
}

TEST_CASE("several readers' groups are compared with their reference, reader by reader") {
  const std::vector<bool> label{true, true, true, false, false, false};
  const ReaderStudy first =
      study_of({{0.9, 0.8, 0.4, 0.5, 0.3, 0.2}, {0.9, 0.4, 0.35, 0.5, 0.3, 0.38}}, label);
  const ReaderStudy second =
      study_of({{0.7, 0.6, 0.2, 0.5, 0.3, 0.25}, {0.7, 0.28, 0.2, 0.5, 0.3, 0.25}}, label);
  const ReaderStudy* both[] = {&first, &second};
  const auto scores = score_readers_together(both);
  CHECK(find(scores, "scanner", "a", "auc").value.value == Approx(0.5 * (8.0 / 9.0 + 6.0 / 9.0)));
  CHECK(find(scores, "scanner", "b", "auc").difference.value ==
        Approx(0.5 * ((6.0 - 8.0) / 9.0 + (4.0 - 6.0) / 9.0)));
  CHECK(find(scores, "scanner", "b", "auc").difference.has_interval());
  CHECK(score_readers_together(std::span(both, 1)).empty());
}

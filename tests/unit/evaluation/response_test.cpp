// What the response of patients comes to: agreement of categories, response rates, progression.
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "vitrine/evaluation/kappa.hpp"
#include "vitrine/evaluation/response_study.hpp"

using namespace vitrine;
using namespace vitrine::evaluation;

namespace {

Response response_of(const std::string& text) {
  for (const Response one : {Response::complete, Response::partial, Response::stable,
                             Response::progressive, Response::non_complete})
    if (abbreviation(one) == text) return one;
  return Response::not_evaluable;
}

/// "SD PR PD": categories of visits; those of iRECIST likewise, with PD as iUPD.
std::vector<VisitResponse> visits(const std::string& text) {
  std::vector<VisitResponse> all;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    VisitResponse& visit = all.emplace_back();
    visit.overall = visit.target = response_of(word);
    visit.immune = word == "PD" ? "iUPD" : "i" + word;
  }
  return all;
}

Course course(const std::string& patient, std::size_t arm, const std::string& read,
              const std::string& truth) {
  return {patient, arm, {}, visits(read), visits(truth)};
}

/// Six patients in two arms, which differ in nothing that is true.
ResponseStudy study(const std::vector<std::pair<std::string, std::string>>& read_in_arms,
                    const std::vector<std::string>& truth) {
  ResponseStudy all{{42, 84, 126}, {{"arm", {"thin", "thick"}, "thin"}}, {}, {}};
  for (std::size_t p = 0; p < truth.size(); ++p) {
    const std::string patient = "case00" + std::to_string(p + 1);
    all.courses.push_back(course(patient, 0, read_in_arms[p].first, truth[p]));
    all.courses.push_back(course(patient, 1, read_in_arms[p].second, truth[p]));
  }
  return all;
}

const std::vector<std::string> six{"PR PR PR", "PR CR CR", "SD PD PD",
                                   "SD SD PD", "PD PD PD", "SD SD SD"};

Resampling resampling() { return {make_stream(7, "response", Draw::bootstrap)}; }

GroupScore score(const std::vector<GroupScore>& scores, const std::string& metric,
                 const std::string& level = "") {
  for (const GroupScore& one : scores)
    if (one.metric == metric && one.level == level) return one;
  FAIL("no score " << metric << " of '" << level << "'");
  return {};
}

std::vector<Followed> followed(std::initializer_list<double> events,
                               std::initializer_list<double> censored) {
  std::vector<Followed> all;
  for (const double time : events) all.push_back({time, true});
  for (const double time : censored) all.push_back({time, false});
  return all;
}

}  // namespace

TEST_CASE("Kaplan-Meier of the 6-MP trial is what the textbooks print") {
  // Weeks of remission in acute leukaemia: Freireich et al., Blood 21 (1963) 699; the curve as in
  // Kleinbaum & Klein, Survival Analysis, 3rd ed. (2012), chapter 2.
  const auto curve = kaplan_meier(
      followed({6, 6, 6, 7, 10, 13, 16, 22, 23}, {6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35}));
  const double printed[][4] = {{6, 21, 3, 0.8571},  {7, 17, 1, 0.8067},  {10, 15, 1, 0.7529},
                               {13, 12, 1, 0.6902}, {16, 11, 1, 0.6275}, {22, 7, 1, 0.5378},
                               {23, 6, 1, 0.4482}};
  REQUIRE(curve.size() == std::size(printed));
  for (std::size_t s = 0; s < curve.size(); ++s) {
    CHECK(curve[s].time == printed[s][0]);
    CHECK(curve[s].at_risk == printed[s][1]);
    CHECK(curve[s].events == printed[s][2]);
    CHECK(curve[s].survival == Approx(printed[s][3]).margin(5e-5));
  }
  CHECK(median_survival(curve) == 23.0);
  CHECK(median_survival(kaplan_meier(followed(
            {1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23}, {}))) == 8.0);
}

TEST_CASE("without censoring Kaplan-Meier is the share that is left; without events it is 1") {
  const auto curve = kaplan_meier(followed({3, 1, 4, 1, 5, 9, 2, 6}, {}));
  for (const SurvivalStep& step : curve) {
    double after = 0.0;
    for (const double time : {3, 1, 4, 1, 5, 9, 2, 6}) after += time > step.time;
    CHECK(step.survival == Approx(after / 8.0).margin(1e-12));
  }
  CHECK(kaplan_meier(followed({}, {1, 2, 3})).empty());
  CHECK(std::isnan(median_survival({})));
}

TEST_CASE("kappa is Cohen's: 0.4 where 0.7 agree and chance gives 0.5; 1, 0 and none at the ends") {
  // Both yes 20, both no 15, yes and no 5, no and yes 10: p_o = 35 / 50, p_e = 0.5 x 0.6 + 0.5 x
  // 0.4.
  const double first[] = {25, 25}, second[] = {30, 20};
  CHECK(cohens_kappa(35, first, second) == Approx(0.4).epsilon(1e-12));
  CHECK(cohens_kappa(50, first, first) == 1.0);
  const double thrice[] = {10, 20, 30};
  CHECK(cohens_kappa((100.0 + 400.0 + 900.0) / 60.0, thrice, thrice) == Approx(0.0).margin(1e-12));
  const double one[] = {50, 0}, nothing[] = {0, 0};
  CHECK(std::isnan(cohens_kappa(50, one, one)));
  CHECK(std::isnan(cohens_kappa(0, nothing, nothing)));
}

TEST_CASE("a response counts before progression alone, and progression at its first visit") {
  CHECK(outcome_of(visits("SD PR PD")).responded);
  CHECK_FALSE(outcome_of(visits("PD PR CR")).responded);
  CHECK(outcome_of(visits("NE CR")).responded);
  CHECK(outcome_of(visits("SD NE PD PD")).progression == 2U);
  CHECK(outcome_of(visits("SD PD NE")).seen == 2);
  CHECK(outcome_of(visits("SD SD NE")).seen == 2);  // last seen at the second
  CHECK_FALSE(outcome_of(visits("NN NN")).progression.has_value());
  CHECK(outcome_of(visits("NE NE")).seen == 0);
}

TEST_CASE("who reads the truth agrees with it in all, and errs in nothing") {
  std::vector<std::pair<std::string, std::string>> same;
  for (const std::string& truth : six) same.emplace_back(truth, truth);
  const auto scores = score_response(study(same, six), resampling());
  for (const char* metric : {"response_agreement", "response_kappa", "irecist_agreement",
                             "irecist_kappa", "progression_agreement"})
    CHECK(score(scores, metric).value.value == 1.0);
  for (const char* metric : {"objective_response_error", "progression_free_error"})
    for (const char* level : {"", "thin", "thick"}) {
      const Estimate error = score(scores, metric, level).value;
      CHECK(error.value == 0.0);
      CHECK_FALSE(error.has_interval());  // resampling would make it exact
      CHECK(error.reason.find("alike") != std::string::npos);
    }
  CHECK(score(scores, "objective_response_rate").value.value == Approx(2.0 / 6.0));
  // Of six, one progresses at each visit and nobody is lost sight of.
  CHECK(score(scores, "true_progression_free_share").value.value == Approx(3.0 / 6.0));
  CHECK(score(scores, "true_progression_free_median_days").value.value == 126.0);
  CHECK(score(scores, "response_agreement", "thick").difference.value == 0.0);
  CHECK(score(scores, "response_agreement").images == 12);
  CHECK(score(scores, "response_agreement").lesions == 36);
  CHECK(score(scores, "response_agreement").patients == 6);
}

TEST_CASE("an arm that is read worse differs by as much, patient by patient") {
  // Thick: one response called stable at all visits, one progression called a visit late.
  std::vector<std::pair<std::string, std::string>> read;
  for (const std::string& truth : six) read.emplace_back(truth, truth);
  read[0].second = "SD SD SD";
  read[2].second = "SD SD PD";
  const auto scores = score_response(study(read, six), resampling());
  const auto thick = [&](const char* metric) { return score(scores, metric, "thick"); };
  CHECK(thick("response_agreement").value.value == Approx(14.0 / 18.0));
  CHECK(thick("response_agreement").difference.value == Approx(-4.0 / 18.0));
  CHECK(thick("response_agreement").difference.has_interval());
  CHECK(score(scores, "response_agreement").value.value == Approx(32.0 / 36.0));
  CHECK(score(scores, "response_agreement", "thin").value.value == 1.0);
  CHECK_FALSE(score(scores, "response_agreement", "thin").difference.has_value());
  CHECK(thick("objective_response_error").value.value == Approx(-1.0 / 6.0));
  CHECK(thick("objective_response_rate").difference.value == Approx(-1.0 / 6.0));
  CHECK(thick("true_objective_response_rate").value.value == Approx(2.0 / 6.0));
  CHECK_FALSE(thick("true_objective_response_rate").difference.has_value());
  CHECK(thick("progression_agreement").value.value == Approx(5.0 / 6.0));
  // A progression that is only seen later is seen by the last visit.
  CHECK(thick("progression_free_error").value.value == Approx(0.0).margin(1e-12));
  // Marginals of read and true categories of 18, by hand: read CR 2, PR 1, SD 10, PD 5.
  const double chance = (2.0 * 2 + 1.0 * 4 + 10.0 * 6 + 5.0 * 6) / (18.0 * 18.0);
  CHECK(thick("response_kappa").value.value ==
        Approx((14.0 / 18.0 - chance) / (1.0 - chance)).epsilon(1e-12));
}

TEST_CASE("a visit that is missed is judged by nobody; one that the reader fails on disagrees") {
  std::vector<std::string> truth = six;
  truth[5] = "SD NE SD";
  std::vector<std::pair<std::string, std::string>> read;
  for (const std::string& one : truth) read.emplace_back(one, one);
  read[3].first = "SD NE PD";
  const auto scores = score_response(study(read, truth), resampling());
  CHECK(score(scores, "response_agreement").lesions == 34);
  CHECK(score(scores, "response_agreement", "thin").failed == 1);
  CHECK(score(scores, "response_agreement", "thin").value.value == Approx(16.0 / 17.0));
  CHECK(score(scores, "response_agreement", "thick").value.value == 1.0);
}

TEST_CASE("who is not seen again leaves the risk set, as in Kaplan-Meier") {
  std::vector<std::string> truth{"PR PR NE", "PR NE NE", "SD PD PD",
                                 "SD SD PD", "PD PD PD", "NE NE NE"};
  std::vector<std::pair<std::string, std::string>> read;
  for (const std::string& one : truth) read.emplace_back(one, one);
  const ResponseStudy all = study(read, truth);
  const auto scores = score_response(all, resampling());
  // At risk and progressed in an arm: 5 and 1 on day 42, 3 and 1 on day 84, 1 and 1 on day 126.
  CHECK(score(scores, "progression_free_share", "thin").value.value == 0.0);
  std::vector<const Course*> courses;
  for (const Course& one : all.courses)
    if (one.arm == 0) courses.push_back(&one);
  const auto curve = progression_free(all, By::reader, courses);
  REQUIRE(curve.size() == 3);
  CHECK(curve[0].survival == Approx(4.0 / 5.0));
  CHECK(curve[1].survival == Approx(4.0 / 5.0 * 2.0 / 3.0));
  CHECK(curve[1].at_risk == 3);
  CHECK(curve[2].survival == 0.0);
}

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/kaplan_meier.hpp"
#include "vitrine/evaluation/reader_study.hpp"
#include "vitrine/evaluation/recist.hpp"

namespace vitrine::evaluation {

/// A patient in one arm, as a reader and as the truth calls the visits after the baseline, missed
/// ones included: a visit of the truth that is not evaluable is judged by nobody.
struct Course {
  std::string patient;
  std::size_t arm = 0;
  std::vector<std::string> strata;  ///< level of each of ResponseStudy::strata; empty: none
  std::vector<VisitResponse> read, truth;
};

/// What the visits of one patient come to.
struct Outcome {
  /// A complete or partial response before any progression: the best overall response of RECIST 1.1
  /// without confirmation.
  bool responded = false;
  std::optional<std::size_t> progression;  ///< the first visit with progressive disease
  std::size_t seen = 0;                    ///< visits until progression, or the last evaluable one
};
Outcome outcome_of(const std::vector<VisitResponse>& visits);

/// How one reader calls the response of the patients of a trial.
struct ResponseStudy {
  std::vector<double> days;  ///< planned, of the visits after the baseline; ascending
  std::vector<ArmGroup> groups;
  std::vector<std::string> strata;  ///< names of the groupings of patients
  std::vector<Course> courses;
};

/// What is said of response, by all arms, the levels of their groups and strata; patients are
/// resampled.
///
/// `response_agreement`, `response_kappa`: share of visits with the true category of RECIST 1.1,
/// and Cohen's kappa; `irecist_...`: the same of iRECIST. A visit that the reader leaves
/// unevaluable does not agree. `objective_response_rate`: share of courses with a response;
/// `progression_free_share`: Kaplan-Meier at the last planned visit, where a visit counts at its
/// planned day; `progression_free_median_days`: of the same curve, without interval. Each has its
/// true value, `true_...`, and, but for the median, the reader's less the true one, paired:
/// `objective_response_error`, `progression_free_error`. `progression_agreement`: share of courses
/// in which both see progression first at the same visit, or both never.
///
/// Where all patients give the same there is no interval: resampling would call it exact. Of a
/// score, `images` counts courses, `lesions` visits, `failed` those that the reader left
/// unevaluable. Differences are to the reference level, of patients who are in both.
std::vector<GroupScore> score_response(const ResponseStudy& study, const Resampling& resampling);

/// Without progression, by the reader or in truth, over the planned days.
enum class By { reader, truth };
std::vector<SurvivalStep> progression_free(const ResponseStudy& study, By by,
                                           const std::vector<const Course*>& courses);

}  // namespace vitrine::evaluation

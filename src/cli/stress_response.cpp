#include "vitrine/cli/stress_response.hpp"

#include <algorithm>
#include <limits>
#include <map>

namespace vitrine::cli {
namespace {

using evaluation::Assessment;
using evaluation::LesionSize;
using evaluation::VisitResponse;

constexpr double none = std::numeric_limits<double>::quiet_NaN();
constexpr const char* baseline = "scan";

/// Within this of a finding of the baseline, another one is the same: the patient lies differently
/// at each visit, by 5 mm and 3 degrees if `arms.repeat` says nothing else.
constexpr double same_place = 20.0;  // mm

/// A patient's visits, the baseline first, and what is true about them.
struct TrueCourse {
  std::vector<std::string> replicates;
  std::vector<Assessment> assessments;
  std::vector<VisitResponse> responses;

  std::string organ_of(const std::string& lesion) const {
    for (const Assessment& visit : assessments)
      for (const LesionSize& one : visit.lesions)
        if (one.id == lesion) return one.organ;
    return {};
  }
  bool has_at_baseline(const std::string& lesion) const {
    return std::ranges::any_of(assessments.front().lesions, [&](const LesionSize& one) {
      return one.id == lesion && one.present();
    });
  }
  bool has_any_at_baseline() const {
    return std::ranges::any_of(assessments.front().lesions, &LesionSize::present);
  }
};

double number_in(const Table& table, const std::vector<Table::Cell>& row, const char* column) {
  const auto* number = std::get_if<double>(&row[table.column(column)]);
  require(number != nullptr, Error::Kind::data, "a stored case has text in the column '", column,
          "', where a number belongs. Run the same `vitrine run` again in a new directory");
  return *number;
}

LesionSize lesion_size(const std::string& id, const std::string& organ,
                       const evaluation::AxialSize& size) {
  return {id, organ, organ == "lymph_node", size.longest, size.short_axis};
}

TrueCourse true_course(const trial::CaseResult& one) {
  TrueCourse course;
  const Table &visits = one.visits, &lesions = one.visit_lesions;
  for (const auto& row : visits.rows) {
    const std::string replicate = text_in(visits, row, "replicate");
    course.replicates.push_back(replicate);
    Assessment& visit = course.assessments.emplace_back();
    visit.day = number_in(visits, row, "day");
    visit.missed = text_in(visits, row, "missed") == "yes";
    for (const auto& lesion : lesions.rows)
      if (text_in(lesions, lesion, "replicate") == replicate)
        visit.lesions.push_back(
            lesion_size(text_in(lesions, lesion, "lesion"), text_in(lesions, lesion, "organ"),
                        {number_in(lesions, lesion, "longest_axial_diameter_mm"),
                         number_in(lesions, lesion, "short_axis_mm")}));
  }
  if (!course.assessments.empty()) course.responses = evaluation::recist(course.assessments);
  return course;
}

using Findings = std::vector<Finding> StressCase::*;
using CasesOfVisits = std::map<std::string, const StressCase*>;  // by replicate

/// What one patient's images in one arm were read as.
class Reading {
 public:
  Reading(const trial::Stress& stress, const TrueCourse& truth, const CasesOfVisits& cases,
          Findings findings)
      : any_finding_(stress.new_lesions == "any_finding"),
        truth_(truth),
        cases_(cases),
        findings_(findings) {}

  std::vector<ReadVisit> visits() const {
    std::vector<ReadVisit> all;
    std::vector<Assessment> assessments;
    for (std::size_t v = 0; v < truth_.replicates.size(); ++v) {
      ReadVisit& visit = all.emplace_back();
      visit.replicate = truth_.replicates[v];
      visit.truth = truth_.responses[v];
      visit.status = status(visit.replicate, truth_.assessments[v].missed);
      Assessment& seen = assessments.emplace_back();
      seen.day = truth_.assessments[v].day;
      seen.missed = visit.status != "read";
      if (!seen.missed) seen.lesions = lesions(*cases_.at(visit.replicate));
    }
    const bool begins = all.front().status == "read";
    if (begins && (!assessments.front().lesions.empty() || !truth_.has_any_at_baseline())) {
      const std::vector<VisitResponse> read = evaluation::recist(assessments);
      for (std::size_t v = 0; v < all.size(); ++v) all[v].read = read[v];
      return all;
    }
    for (ReadVisit& visit : all) {  // without a baseline there is nothing to compare with
      if (visit.status == "read") visit.status = begins ? "nothing at baseline" : "no baseline";
      visit.read = {.day = visit.truth.day,
                    .target = evaluation::Response::not_evaluable,
                    .overall = evaluation::Response::not_evaluable,
                    .immune = "iNE"};
    }
    return all;
  }

 private:
  std::string status(const std::string& replicate, bool missed) const {
    if (missed) return "missed";
    const auto found = cases_.find(replicate);
    if (found == cases_.end()) return "no image";
    // The true masks of an image are there if the model fails on it, too.
    return findings_ == &StressCase::found && !found->second->failure.empty() ? "failed" : "read";
  }

  std::vector<Finding> at_baseline() const {
    const auto found = cases_.find(baseline);
    return found == cases_.end() ? std::vector<Finding>() : found->second->*findings_;
  }

  std::vector<LesionSize> lesions(const StressCase& one) const {
    const std::vector<Finding> before = at_baseline();
    std::vector<LesionSize> all;
    for (const Finding& finding : one.*findings_) {
      const bool known = std::ranges::any_of(before, [&](const Finding& other) {
        return finding.lesion.empty() ? (finding.centre - other.centre).norm() <= same_place
                                      : finding.lesion == other.lesion;
      });
      const bool truly_new = !finding.lesion.empty() && !truth_.has_at_baseline(finding.lesion);
      if (finding.lesion.empty() && known) continue;  // a lesion neither then nor now
      if (!known && !truly_new && !any_finding_) continue;
      all.push_back(
          lesion_size(finding.lesion.empty() ? str("finding", all.size()) : finding.lesion,
                      truth_.organ_of(finding.lesion), finding.size));
    }
    return all;
  }

  bool any_finding_;
  const TrueCourse& truth_;
  const CasesOfVisits& cases_;
  Findings findings_;
};

class Gatherer {
 public:
  Gatherer(const StoredTrial& stored, const trial::Stress& stress,
           const std::vector<TrialImage>& images)
      : plan_(stored.plan), stress_(stress), images_(images) {
    stored.result.cases.each([&](const trial::CaseResult& one) {
      TrueCourse course = true_course(one);
      if (!course.replicates.empty()) truths_.emplace(one.id, std::move(course));
    });
  }

  ReadResponse read(const std::string& reader, const ScoredModel& model, Findings findings) const {
    ReadResponse response{reader, {}, {}, {}};
    response.study.days = plan_.scenario.arms.follow_up.days;
    response.study.groups = model.study.groups;
    response.study.strata = model.study.strata;
    std::map<std::pair<std::string, std::size_t>, CasesOfVisits> cases;  // by patient and arm
    std::map<std::string, const TrialImage*> about;                      // patients
    for (const StressCase& one : model.run->cases) {
      const TrialImage& image = images_[one.image];
      about[image.case_id] = &image;
      cases[{image.case_id, arm_index(plan_, image)}][image.replicate] = &one;
    }
    for (const auto& [of, visits] : cases) {
      const auto& [case_id, arm] = of;
      const auto truth = truths_.find(case_id);
      if (truth == truths_.end() || !is_followed(arm)) continue;
      evaluation::Course course{case_id, arm, {}, {}, {}};
      course.strata = {about.at(case_id)->stratum, about.at(case_id)->sex};
      for (ReadVisit& visit : Reading(stress_, truth->second, visits, findings).visits()) {
        if (visit.replicate != baseline) {
          course.read.push_back(visit.read);
          course.truth.push_back(visit.truth);
        }
        visit.case_id = case_id;
        visit.arm = plan_.arms[arm].name;
        response.visits.push_back(std::move(visit));
      }
      response.study.courses.push_back(std::move(course));
    }
    return response;
  }

 private:
  bool is_followed(std::size_t arm) const {
    return plan_.scenario.arms.follow_up.in_every_arm() || arm == plan_.followed;
  }

  const trial::Plan& plan_;
  const trial::Stress& stress_;
  const std::vector<TrialImage>& images_;
  std::map<std::string, TrueCourse> truths_;
};

}  // namespace

std::vector<ReadResponse> read_responses(const StoredTrial& stored, const trial::Stress& stress,
                                         const std::vector<TrialImage>& images,
                                         std::vector<ScoredModel>& models) {
  if (std::ranges::none_of(
          images, [](const TrialImage& image) { return image.replicate.starts_with("visit"); }))
    return {};
  const Gatherer gatherer(stored, stress, images);
  evaluation::Resampling resampling = stress_resampling(stored);
  const evaluation::Resamples drawn(resampling.stream, resampling.replicates);
  resampling.drawn = &drawn;
  std::vector<ReadResponse> all;
  const auto add = [&](const std::string& reader, const ScoredModel& model, Findings findings) {
    all.push_back(gatherer.read(reader, model, findings));
    all.back().scores = evaluation::score_response(all.back().study, resampling);
  };
  const ScoredModel* segmenter = nullptr;
  for (ScoredModel& model : models) {
    if (model.run->model->reader->task() != readers::Task::segmentation) continue;
    add(model.run->model->name, model, &StressCase::found);
    model.response = all.back().scores;
    segmenter = &model;
  }
  if (segmenter) add("(true masks)", *segmenter, &StressCase::truth);
  return all;
}

Table response_table(const std::vector<ReadResponse>& responses) {
  Table table;
  table.columns = {"model",      "group",          "level",           "metric",
                   "patients",   "courses",        "visits",          "unevaluable_visits",
                   "value",      "value_low",      "value_high",      "value_reason",
                   "difference", "difference_low", "difference_high", "difference_reason"};
  for (const ReadResponse& response : responses)
    for (const evaluation::GroupScore& score : response.scores) {
      std::vector<Table::Cell> row{response.reader,
                                   score.group,
                                   score.level,
                                   score.metric,
                                   double(score.patients),
                                   double(score.images),
                                   double(score.lesions),
                                   double(score.failed)};
      add_estimate(row, score.value);
      add_estimate(row, score.difference);
      table.add(std::move(row));
    }
  return table;
}

Table visit_table(const std::vector<ReadResponse>& responses) {
  Table table;
  table.columns = {"model",    "case",          "arm",         "replicate",   "day",
                   "status",   "sum_mm",        "true_sum_mm", "new_lesion",  "true_new_lesion",
                   "response", "true_response", "irecist",     "true_irecist"};
  const auto sum_of = [](const VisitResponse& visit) {
    return visit.overall == evaluation::Response::not_evaluable ? none : visit.sum;
  };
  const auto yes = [](bool it_is) { return std::string(it_is ? "yes" : "no"); };
  for (const ReadResponse& response : responses)
    for (const ReadVisit& visit : response.visits)
      table.add({response.reader, visit.case_id, visit.arm, visit.replicate, visit.truth.day,
                 visit.status, sum_of(visit.read), sum_of(visit.truth), yes(visit.read.new_lesion),
                 yes(visit.truth.new_lesion), std::string(abbreviation(visit.read.overall)),
                 std::string(abbreviation(visit.truth.overall)), visit.read.immune,
                 visit.truth.immune});
  return table;
}

}  // namespace vitrine::cli

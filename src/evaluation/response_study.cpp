#include "vitrine/evaluation/response_study.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <map>
#include <set>
#include <string_view>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/detail/study_groups.hpp"
#include "vitrine/evaluation/kappa.hpp"

namespace vitrine::evaluation {
namespace {

bool is_judged(const Course& course, std::size_t visit) {
  return course.truth[visit].overall != Response::not_evaluable;
}

/// A set of categories, and in which of them a visit is.
struct Categories {
  std::size_t count;
  std::size_t (*of)(const VisitResponse&);
};
constexpr Categories recist_categories{
    6, [](const VisitResponse& visit) { return std::size_t(visit.overall); }};
constexpr Categories immune_categories{
    7, [](const VisitResponse& visit) {
      constexpr std::array<std::string_view, 7> all{"iCR",  "iPR", "iSD", "iUPD",
                                                    "iCPD", "iNN", "iNE"};
      return std::size_t(std::ranges::find(all, visit.immune) - all.begin());
    }};

/// A number that total sums over courses give.
struct Metric {
  std::string name;
  Index terms = 0;
  std::function<void(const Course&, std::span<double>)> add;
  std::function<double(std::span<const double>)> value;
  double low = 0.0, high = 1.0;  ///< where it ends, and so its interval
  bool of_reader = true;         ///< differs between arms
};

double ratio(std::span<const double> total) { return total[0] / total[1]; }

Metric agreement(std::string name, const Categories& categories) {
  const auto add = [categories](const Course& course, std::span<double> sums) {
    for (std::size_t v = 0; v < course.truth.size(); ++v) {
      if (!is_judged(course, v)) continue;
      sums[0] += double(categories.of(course.read[v]) == categories.of(course.truth[v]));
      sums[1] += 1.0;
    }
  };
  return {std::move(name), 2, add, ratio};
}

Metric kappa(std::string name, const Categories& categories) {
  const auto add = [categories](const Course& course, std::span<double> sums) {
    for (std::size_t v = 0; v < course.truth.size(); ++v) {
      if (!is_judged(course, v)) continue;
      const std::size_t read = categories.of(course.read[v]), is = categories.of(course.truth[v]);
      sums[0] += double(read == is);
      sums[1 + read] += 1.0;
      sums[1 + categories.count + is] += 1.0;
    }
  };
  const auto value = [n = categories.count](std::span<const double> total) {
    return cohens_kappa(total[0], total.subspan(1, n), total.subspan(1 + n, n));
  };
  return {std::move(name), Index(1 + 2 * categories.count), add, value, -1.0};
}

const std::vector<VisitResponse>& visits_of(const Course& course, By by) {
  return by == By::reader ? course.read : course.truth;
}

Metric response_rate(std::string name, By by) {
  const auto add = [by](const Course& course, std::span<double> sums) {
    sums[0] += double(outcome_of(visits_of(course, by)).responded);
    sums[1] += 1.0;
  };
  return {std::move(name), 2, add, ratio, 0.0, 1.0, by == By::reader};
}

Metric response_error() {
  const auto add = [](const Course& course, std::span<double> sums) {
    sums[0] +=
        double(outcome_of(course.read).responded) - double(outcome_of(course.truth).responded);
    sums[1] += 1.0;
  };
  return {"objective_response_error", 2, add, ratio, -1.0};
}

/// At risk at each visit, then the progressions there.
void add_follow_up(const std::vector<VisitResponse>& visits, std::span<double> sums) {
  const Outcome outcome = outcome_of(visits);
  for (std::size_t v = 0; v < outcome.seen; ++v) sums[v] += 1.0;
  if (outcome.progression) sums[visits.size() + *outcome.progression] += 1.0;
}

double free_share(std::span<const double> total) {
  const std::size_t half = total.size() / 2;
  return product_limit(total.first(half), total.subspan(half));
}

Metric progression_free_share(std::string name, By by, std::size_t visits) {
  const auto add = [by](const Course& course, std::span<double> sums) {
    add_follow_up(visits_of(course, by), sums);
  };
  return {std::move(name), Index(2 * visits), add, free_share, 0.0, 1.0, by == By::reader};
}

Metric progression_free_error(std::size_t visits) {
  const auto add = [visits](const Course& course, std::span<double> sums) {
    add_follow_up(course.read, sums.first(2 * visits));
    add_follow_up(course.truth, sums.subspan(2 * visits));
  };
  const auto value = [visits](std::span<const double> total) {
    return free_share(total.first(2 * visits)) - free_share(total.subspan(2 * visits));
  };
  return {"progression_free_error", Index(4 * visits), add, value, -1.0};
}

Metric progression_agreement() {
  const auto add = [](const Course& course, std::span<double> sums) {
    sums[0] += double(outcome_of(course.read).progression == outcome_of(course.truth).progression);
    sums[1] += 1.0;
  };
  return {"progression_agreement", 2, add, ratio};
}

std::vector<Metric> metrics_of(std::size_t visits) {
  return {agreement("response_agreement", recist_categories),
          kappa("response_kappa", recist_categories),
          agreement("irecist_agreement", immune_categories),
          kappa("irecist_kappa", immune_categories),
          response_rate("objective_response_rate", By::reader),
          response_rate("true_objective_response_rate", By::truth),
          response_error(),
          progression_free_share("progression_free_share", By::reader, visits),
          progression_free_share("true_progression_free_share", By::truth, visits),
          progression_free_error(visits),
          progression_agreement()};
}

using PatientTotals = std::map<std::string, std::vector<double>>;

PatientTotals totals_of(const Metric& metric, const std::vector<const Course*>& courses) {
  PatientTotals totals;
  for (const Course* course : courses) {
    auto& sums = totals.try_emplace(course->patient, std::size_t(metric.terms), 0.0).first->second;
    metric.add(*course, sums);
  }
  return totals;
}

Estimate value_of(const Metric& metric, const PatientTotals& totals, const Resampling& resampling) {
  PatientSums sums(metric.terms, std::ssize(totals));
  Index patient = 0;
  for (const auto& [name, of] : totals)
    sums.col(patient++) = Eigen::Map<const Eigen::VectorXd>(of.data(), metric.terms);
  Estimate estimate = patient_bootstrap(sums, resampling, Scale::plain(), metric.value);
  if (estimate.low == estimate.high)
    estimate.withhold_interval("all patients are alike: resampling them shows no spread");
  return detail::within(std::move(estimate), metric.low, metric.high);
}

/// Of the patients who are in both.
Estimate difference_of(const Metric& metric, const PatientTotals& mine,
                       const PatientTotals& reference, const Resampling& resampling) {
  PatientTotals both;
  for (const auto& [patient, sums] : mine)
    if (const auto other = reference.find(patient); other != reference.end()) {
      std::vector<double>& all = both[patient] = sums;
      all.insert(all.end(), other->second.begin(), other->second.end());
    }
  if (both.empty()) return Estimate::withheld("no patient is in both");
  const auto terms = std::size_t(metric.terms);
  const Metric difference{metric.name,
                          2 * metric.terms,
                          {},
                          [&](std::span<const double> total) {
                            return metric.value(total.first(terms)) -
                                   metric.value(total.subspan(terms));
                          },
                          metric.low - metric.high,
                          metric.high - metric.low};
  return value_of(difference, both, resampling);
}

struct Group {
  std::string name, level, reference;  // reference: level that it is compared with, or ""
  std::vector<const Course*> courses;
};

std::vector<Group> groups_of(const ResponseStudy& study) {
  std::vector<Group> groups;
  const auto add = [&](const std::string& name, const std::string& reference, auto&& level_of) {
    const std::size_t first = groups.size();
    for (const Course& course : study.courses) {
      const std::string level = level_of(course);
      auto group = std::find_if(groups.begin() + std::ptrdiff_t(first), groups.end(),
                                [&](const Group& one) { return one.level == level; });
      if (group == groups.end())
        group = groups.insert(group, {name, level, level == reference ? "" : reference, {}});
      group->courses.push_back(&course);
    }
  };
  add("all", "", [](const Course&) { return std::string(); });
  for (const ArmGroup& by : study.groups)
    add(by.name, by.reference, [&](const Course& course) { return by.level[course.arm]; });
  for (std::size_t s = 0; s < study.strata.size(); ++s) {
    const std::size_t before = groups.size();
    add(study.strata[s], "", [&](const Course& course) { return course.strata[s]; });
    if (groups.size() < before + 2) groups.resize(before);  // one level parts nobody
  }
  return groups;
}

GroupScore counted(const Group& group, std::string metric) {
  GroupScore score;
  score.group = group.name;
  score.level = group.level;
  score.metric = std::move(metric);
  std::set<std::string> patients;
  for (const Course* course : group.courses) {
    patients.insert(course->patient);
    for (std::size_t v = 0; v < course->truth.size(); ++v) {
      if (!is_judged(*course, v)) continue;
      ++score.lesions;
      score.failed += course->read[v].overall == Response::not_evaluable;
    }
  }
  score.patients = std::ssize(patients);
  score.images = std::ssize(group.courses);
  score.difference = Estimate::withheld("nothing to compare with");
  return score;
}

GroupScore median_of(const ResponseStudy& study, const Group& group, By by) {
  GroupScore score = counted(group, by == By::reader ? "progression_free_median_days"
                                                     : "true_progression_free_median_days");
  score.value.value = median_survival(progression_free(study, by, group.courses));
  score.value.reason = score.value.has_value() ? "a median of planned days has no interval"
                                               : "half of the courses see no progression";
  return score;
}

}  // namespace

Outcome outcome_of(const std::vector<VisitResponse>& visits) {
  Outcome outcome;
  for (std::size_t v = 0; v < visits.size(); ++v) {
    if (visits[v].overall == Response::not_evaluable) continue;
    outcome.seen = v + 1;
    if (visits[v].overall == Response::progressive) {
      outcome.progression = v;
      break;
    }
    outcome.responded |=
        visits[v].overall == Response::complete || visits[v].overall == Response::partial;
  }
  return outcome;
}

std::vector<SurvivalStep> progression_free(const ResponseStudy& study, By by,
                                           const std::vector<const Course*>& courses) {
  std::vector<Followed> all;
  for (const Course* course : courses) {
    const Outcome outcome = outcome_of(visits_of(*course, by));
    all.push_back(
        {outcome.seen == 0 ? 0.0 : study.days[outcome.seen - 1], outcome.progression.has_value()});
  }
  return kaplan_meier(all);
}

std::vector<GroupScore> score_response(const ResponseStudy& study, const Resampling& resampling) {
  for (const Course& course : study.courses)
    VITRINE_EXPECT(course.read.size() == study.days.size() &&
                   course.truth.size() == study.days.size());
  std::vector<GroupScore> scores;
  const std::vector<Group> groups = groups_of(study);
  for (const Group& group : groups) {
    const Group* reference = detail::reference_of(group, groups);
    for (const Metric& metric : metrics_of(study.days.size())) {
      GroupScore score = counted(group, metric.name);
      const PatientTotals totals = totals_of(metric, group.courses);
      score.value = value_of(metric, totals, resampling);
      if (reference && metric.of_reader)
        score.difference =
            difference_of(metric, totals, totals_of(metric, reference->courses), resampling);
      scores.push_back(std::move(score));
    }
    for (const By by : {By::reader, By::truth}) scores.push_back(median_of(study, group, by));
  }
  return scores;
}

}  // namespace vitrine::evaluation

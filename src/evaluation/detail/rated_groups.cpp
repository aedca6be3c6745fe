#include "vitrine/evaluation/detail/rated_groups.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/evaluation/calibration.hpp"
#include "vitrine/evaluation/several_readers.hpp"

namespace vitrine::evaluation {
namespace detail {
namespace {

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// Probabilities of 0 and 1 would have endless log-odds.
double log_odds(double probability) {
  constexpr double least = 1e-6;
  const double p = std::clamp(probability, least, 1.0 - least);
  return math::log(p / (1.0 - p));
}

struct Honesty {
  Estimate slope, intercept;
};

/// Of the ratings that are there.
Honesty honesty_of(const Group& group, double threshold, double confidence) {
  std::vector<double> score;
  std::vector<bool> label;
  std::vector<std::string> patient;
  for (const ImageScore* image : group.images)
    for (const LesionScore& rated : image->lesions) {
      if (!group.takes(rated) || std::isnan(rated.best)) continue;
      score.push_back(log_odds(rated.best));
      label.push_back(image->positive);
      patient.push_back(image->patient);
    }
  if (std::ranges::count(label, true) == 0 || std::ranges::count(label, false) == 0)
    return {without_both_classes(), without_both_classes()};
  const Calibration found =
      calibration(score, label, Clusters::by_label(patient), threshold, confidence);
  return {found.slope, found.intercept};
}

/// Means over what is rated: NaN where a rating does not count.
Take sensitivity_at(double threshold) {
  return [=](const ImageScore& image, const LesionScore& rated) {
    return image.positive ? double(rated.best >= threshold) : none;
  };
}

Take specificity_at(double threshold) {
  return [=](const ImageScore& image, const LesionScore& rated) {
    return image.positive ? none : double(rated.best < threshold);
  };
}

double squared_error(const ImageScore& image, const LesionScore& rated) {
  if (std::isnan(rated.best)) return 1.0;
  const double error = rated.best - double(image.positive);
  return error * error;
}

}  // namespace

RatedRows::RatedRows(const Group& group, const std::set<std::string>& patients) {
  double lowest = 0.0, highest = 0.0;
  for (const ImageScore* image : group.images)
    for (const LesionScore& rated : image->lesions)
      if (!std::isnan(rated.best)) {
        lowest = std::min(lowest, rated.best);
        highest = std::max(highest, rated.best);
      }
  // The neighbours of extremes are beyond them, however large these are.
  lowest = std::nextafter(lowest, -std::numeric_limits<double>::infinity());
  highest = std::nextafter(highest, std::numeric_limits<double>::infinity());
  for (const ImageScore* image : group.images) {
    if (!patients.contains(image->patient)) continue;
    for (const LesionScore& rated : image->lesions) {
      if (!group.takes(rated)) continue;
      const double wrong = image->positive ? lowest : highest;
      score.push_back(std::isnan(rated.best) ? wrong : rated.best);
      label.push_back(image->positive);
      patient.push_back(image->patient);
    }
  }
}

bool RatedRows::both_classes() const {
  return std::ranges::count(label, true) > 0 && std::ranges::count(label, false) > 0;
}

RocArea area_of(const Group& group, const std::set<std::string>& patients) {
  const RatedRows ratings(group, patients);
  std::map<std::string, std::vector<Index>> rows;
  for (const std::string& patient : patients) rows[patient];
  for (std::size_t i = 0; i < ratings.patient.size(); ++i)
    rows[ratings.patient[i]].push_back(Index(i));
  Clusters clusters;
  for (auto& [patient, its] : rows) clusters.rows.push_back(std::move(its));
  return roc_area(ratings.score, ratings.label, clusters,
                  std::vector<Index>(ratings.score.size(), 0));
}

Estimate without_both_classes() {
  return Estimate::withheld("it takes ratings with the label and without");
}

void add_ratings(const ReaderStudy& study, const Group& group, const Group* reference,
                 const Resampling& resampling, std::vector<GroupScore>& scores) {
  const double confidence = resampling.confidence;
  GroupScore auc = counted(group, "auc");
  const RocArea area = area_of(group, patients_of(group));
  auc.value = std::isnan(area.value) ? without_both_classes() : area_interval(area, confidence);
  if (reference) {
    const auto both = patients_of_both(group, *reference);
    const RocArea mine = area_of(group, both), theirs = area_of(*reference, both);
    auc.difference = std::isnan(mine.value) || std::isnan(theirs.value)
                         ? without_both_classes()
                         : area_difference(mine, theirs, confidence);
  }
  scores.push_back(std::move(auc));
  const auto refused = Estimate::withheld("ratings are scores, not probabilities");
  const auto add_mean = [&](const char* metric, const Take& take) {
    GroupScore score = counted(group, metric);
    if (!study.probabilities) {
      score.value = score.difference = refused;
    } else {
      score.value = share(mean_of(lesion_rows(group, take), resampling));
      if (reference) score.difference = mean_of(paired_rows(group, *reference, take), resampling);
    }
    scores.push_back(std::move(score));
  };
  add_mean("sensitivity", sensitivity_at(study.threshold));
  add_mean("specificity", specificity_at(study.threshold));
  add_mean("brier", squared_error);
  GroupScore slope = counted(group, "calibration_slope"),
             intercept = counted(group, "calibration_intercept");
  slope.value = intercept.value = refused;
  if (study.probabilities) {
    const Honesty honesty = honesty_of(group, study.threshold, confidence);
    slope.value = honesty.slope;
    intercept.value = honesty.intercept;
  }
  slope.difference = intercept.difference = Estimate::withheld("brier has one");
  scores.push_back(std::move(slope));
  scores.push_back(std::move(intercept));
}

}  // namespace detail

RocCurve roc_of(const ReaderStudy& study) {
  VITRINE_EXPECT(!study.images.empty());
  const detail::Group all = detail::groups_of(study).front();
  const detail::RatedRows ratings(all, detail::patients_of(all));
  return ratings.both_classes() ? roc_curve(ratings.score, ratings.label) : RocCurve{};
}

std::vector<GroupScore> score_readers_together(std::span<const ReaderStudy* const> studies,
                                               double confidence) {
  std::vector<GroupScore> scores;
  if (studies.size() < 2) return scores;
  std::vector<std::vector<detail::Group>> groups;
  for (const ReaderStudy* study : studies) groups.push_back(detail::groups_of(*study));
  const auto areas = [&](const detail::Group& group, const std::set<std::string>& patients) {
    std::vector<RocArea> all;
    for (const auto& its : groups)
      for (const detail::Group& one : its)
        if (one.name == group.name && one.level == group.level)
          all.push_back(detail::area_of(one, patients));
    return all;
  };
  for (const detail::Group& group : groups.front()) {
    GroupScore score = detail::counted(group, "auc");
    const auto mine = areas(group, detail::patients_of(group));
    if (std::isnan(mine.front().value)) {
      score.value = score.difference = detail::without_both_classes();
      scores.push_back(std::move(score));
      continue;
    }
    score.value = mean_over_readers(mine, confidence);
    if (const detail::Group* reference = detail::reference_of(group, groups.front())) {
      const auto both = detail::patients_of_both(group, *reference);
      score.difference =
          difference_over_readers(areas(group, both), areas(*reference, both), confidence);
    }
    scores.push_back(std::move(score));
  }
  return scores;
}

}  // namespace vitrine::evaluation

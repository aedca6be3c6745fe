#include "vitrine/evaluation/reader_study.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "vitrine/evaluation/detail/rated_groups.hpp"
#include "vitrine/evaluation/detail/study_groups.hpp"

namespace vitrine::evaluation {
namespace {

using namespace detail;

Rows false_rows(const Group& group) {
  Rows rows;
  for (const ImageScore* image : group.images)
    rows.add(double(image->false_ones.size()), image->patient);
  return rows;
}

Rows paired_false_rows(const Group& group, const Group& reference) {
  const auto mean_of_patients = [](const Group& of) {
    std::map<std::string, std::pair<double, double>> means;
    for (const ImageScore* image : of.images) {
      auto& [sum, count] = means[image->patient];
      sum += double(image->false_ones.size());
      count += 1.0;
    }
    return means;
  };
  const auto mine = mean_of_patients(group), theirs = mean_of_patients(reference);
  Rows rows;
  for (const auto& [patient, mean] : mine)
    if (const auto other = theirs.find(patient); other != theirs.end())
      rows.add(mean.first / mean.second - other->second.first / other->second.second, patient);
  return rows;
}

/// As FROC wants a group; in the order of patients, so that those of two groups correspond.
struct ReadGroup {
  std::vector<ReadImage> images;
  std::vector<std::string> labels;
  Clusters patients;
};

ReadGroup read_group(const Group& group, const std::set<std::string>& of_patients) {
  std::vector<const ImageScore*> images;
  for (const ImageScore* image : group.images)
    if (of_patients.contains(image->patient)) images.push_back(image);
  std::ranges::stable_sort(images, {}, &ImageScore::patient);
  ReadGroup read;
  for (const ImageScore* image : images) {
    ReadImage& one = read.images.emplace_back();
    for (const LesionScore& lesion : image->lesions)
      if (group.takes(lesion)) one.best.push_back(lesion.best);
    one.false_ones = image->false_ones;
    read.labels.push_back(image->patient);
  }
  read.patients = Clusters::by_label(read.labels);
  return read;
}

bool is_share(const std::string& metric) {
  return metric == "dice" || metric == "surface_dice" || metric == "sensitivity";
}

void add_lesion_metrics(const ReaderStudy& study, const Group& group, const Group* reference,
                        const Resampling& resampling, std::vector<GroupScore>& scores) {
  for (std::size_t m = 0; m < study.metrics.size(); ++m) {
    const Take take = [m](const ImageScore&, const LesionScore& lesion) {
      return lesion.values[m];
    };
    GroupScore score = counted(group, study.metrics[m]);
    score.value = mean_of(lesion_rows(group, take), resampling);
    if (is_share(score.metric)) score.value = share(score.value);
    if (reference) score.difference = mean_of(paired_rows(group, *reference, take), resampling);
    scores.push_back(std::move(score));
  }
  GroupScore score = counted(group, "false_positives_per_image");
  score.value = mean_of(false_rows(group), resampling);
  if (reference) score.difference = mean_of(paired_false_rows(group, *reference), resampling);
  scores.push_back(std::move(score));
}

void add_detection(const Group& group, const Group* reference, double rate,
                   const Resampling& resampling, std::vector<GroupScore>& scores) {
  const ReadGroup mine = read_group(group, patients_of(group));
  const DetectionScore found = score_detection(mine.images, mine.patients, {&rate, 1}, resampling);
  GroupScore cpm = counted(group, "cpm");
  cpm.value = share(found.cpm);
  if (reference) {
    const std::set<std::string> both = patients_of_both(group, *reference);
    const ReadGroup paired = read_group(group, both), theirs = read_group(*reference, both);
    cpm.difference = both.empty() ? Estimate::withheld("no patient is in both")
                                  : cpm_difference(paired.images, paired.patients, theirs.images,
                                                   theirs.patients, resampling);
  }
  scores.push_back(std::move(cpm));
  GroupScore sensitivity = counted(group, "sensitivity");
  sensitivity.value = share(found.at[0]);
  if (reference) sensitivity.difference = Estimate::withheld("cpm has one");
  scores.push_back(std::move(sensitivity));
}

}  // namespace

std::vector<GroupScore> score_groups(const ReaderStudy& study, double rate,
                                     const Resampling& resampling) {
  std::vector<GroupScore> scores;
  if (study.images.empty()) return scores;
  const std::vector<Group> groups = groups_of(study);
  for (const Group& group : groups) {
    const Group* reference = reference_of(group, groups);
    switch (study.gives) {
      case Gives::masks:
        add_lesion_metrics(study, group, reference, resampling, scores);
        break;
      case Gives::findings:
        add_detection(group, reference, rate, resampling, scores);
        break;
      case Gives::ratings:
        add_ratings(study, group, reference, resampling, scores);
        break;
    }
  }
  return scores;
}

const GroupScore* worst_group(const std::vector<GroupScore>& scores, const std::string& metric,
                              Better better, Index fewest) {
  const auto badness = [&](const GroupScore& score) {
    const double value = score.value.value;
    switch (better) {
      case Better::high:
        return -value;
      case Better::low:
        return value;
      case Better::near_zero:
        return std::abs(value);
      case Better::near_one:
        break;
    }
    return std::abs(value - 1.0);
  };
  const GroupScore* worst = nullptr;
  for (const GroupScore& score : scores)
    if (score.metric == metric && score.group != "all" && score.value.has_value() &&
        score.lesions >= fewest && (!worst || badness(score) > badness(*worst)))
      worst = &score;
  return worst;
}

}  // namespace vitrine::evaluation

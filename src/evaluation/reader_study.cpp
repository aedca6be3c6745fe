#include "vitrine/evaluation/reader_study.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <iterator>
#include <map>
#include <set>
#include <utility>

namespace vitrine::evaluation {
namespace {

/// One value a row, and the patient of each.
struct Rows {
  std::vector<double> values;
  std::vector<std::string> patients;

  void add(double value, const std::string& patient) {
    if (std::isnan(value)) return;
    values.push_back(value);
    patients.push_back(patient);
  }
};

Estimate mean_of(const Rows& rows, const Resampling& resampling) {
  if (rows.values.empty()) return Estimate::withheld("there is nothing to average");
  const PatientSums sums =
      sum_by_patient(Clusters::by_label(rows.patients), 2, [&](Index row, std::span<double> of) {
        of[0] += rows.values[std::size_t(row)];
        of[1] += 1.0;
      });
  return patient_bootstrap(sums, resampling, Scale::plain(),
                           [](std::span<const double> total) { return total[0] / total[1]; });
}

/// The images of a group, each with those of its lesions that are in it.
struct Group {
  std::string name, level, reference;  // reference: level that it is compared with, or ""
  std::vector<const ImageScore*> images;
  std::function<bool(const LesionScore&)> takes = [](const LesionScore&) { return true; };
};

std::vector<std::string> levels_in_order(const std::vector<std::string>& all) {
  std::vector<std::string> levels;
  for (const std::string& one : all)
    if (!one.empty() && std::ranges::find(levels, one) == levels.end()) levels.push_back(one);
  return levels;
}

std::vector<Group> groups_of(const ReaderStudy& study) {
  std::vector<Group> groups;
  const auto add = [&](const std::string& name, const std::string& level,
                       const std::string& reference, auto&& holds) {
    Group group;
    group.name = name;
    group.level = level;
    if (reference != level) group.reference = reference;
    for (const ImageScore& image : study.images)
      if (holds(image)) group.images.push_back(&image);
    if (!group.images.empty()) groups.push_back(std::move(group));
  };
  add("all", "", "", [](const ImageScore&) { return true; });
  for (const ArmGroup& by : study.groups)
    for (const std::string& level : levels_in_order(by.level))
      add(by.name, level, by.reference,
          [&](const ImageScore& image) { return by.level[image.arm] == level; });
  std::vector<std::string> sizes;
  for (const ImageScore& image : study.images)
    for (const LesionScore& lesion : image.lesions) sizes.push_back(lesion.size);
  std::ranges::sort(sizes);
  for (const std::string& size : levels_in_order(sizes)) {
    add("size_mm", size, "", [](const ImageScore&) { return true; });
    groups.back().takes = [size](const LesionScore& lesion) { return lesion.size == size; };
  }
  for (std::size_t s = 0; s < study.strata.size(); ++s) {
    std::vector<std::string> levels;
    for (const ImageScore& image : study.images) levels.push_back(image.strata[s]);
    levels = levels_in_order(levels);
    if (levels.size() < 2) continue;
    for (const std::string& level : levels)
      add(study.strata[s], level, "",
          [&](const ImageScore& image) { return image.strata[s] == level; });
  }
  return groups;
}

const Group* reference_of(const Group& group, const std::vector<Group>& all) {
  const auto found = std::ranges::find_if(all, [&](const Group& one) {
    return one.name == group.name && one.level == group.reference;
  });
  return group.reference.empty() || found == all.end() ? nullptr : &*found;
}

using Take = std::function<double(const LesionScore&)>;

Rows lesion_rows(const Group& group, const Take& take) {
  Rows rows;
  for (const ImageScore* image : group.images)
    for (const LesionScore& lesion : image->lesions)
      if (group.takes(lesion)) rows.add(take(lesion), image->patient);
  return rows;
}

/// Sum and count of what each lesion has in a group.
using LesionMeans = std::map<std::pair<std::string, std::string>, std::pair<double, double>>;

LesionMeans means_by_lesion(const Group& group, const Take& take) {
  LesionMeans means;
  for (const ImageScore* image : group.images)
    for (const LesionScore& lesion : image->lesions)
      if (const double value = take(lesion); group.takes(lesion) && !std::isnan(value)) {
        auto& [sum, count] = means[{image->patient, lesion.id}];
        sum += value;
        count += 1.0;
      }
  return means;
}

Rows paired_rows(const Group& group, const Group& reference, const Take& take) {
  const LesionMeans mine = means_by_lesion(group, take), theirs = means_by_lesion(reference, take);
  Rows rows;
  for (const auto& [lesion, mean] : mine)
    if (const auto other = theirs.find(lesion); other != theirs.end())
      rows.add(mean.first / mean.second - other->second.first / other->second.second, lesion.first);
  return rows;
}

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

std::set<std::string> patients_of(const Group& group) {
  std::set<std::string> patients;
  for (const ImageScore* image : group.images) patients.insert(image->patient);
  return patients;
}

GroupScore counted(const Group& group, const std::string& metric) {
  GroupScore score;
  score.group = group.name;
  score.level = group.level;
  score.metric = metric;
  score.patients = std::ssize(patients_of(group));
  score.images = std::ssize(group.images);
  for (const ImageScore* image : group.images) {
    score.failed += image->failed;
    score.lesions += std::ranges::count_if(image->lesions, group.takes);
  }
  score.difference = Estimate::withheld(
      group.reference.empty() ? "nothing to compare with" : "no image of the reference level");
  return score;
}

/// An interval of shares ends at 0 and 1.
Estimate share(Estimate estimate) {
  estimate.low = std::isnan(estimate.low) ? estimate.low : std::max(estimate.low, 0.0);
  estimate.high = std::isnan(estimate.high) ? estimate.high : std::min(estimate.high, 1.0);
  return estimate;
}

bool is_share(const std::string& metric) {
  return metric == "dice" || metric == "surface_dice" || metric == "sensitivity";
}

void add_lesion_metrics(const ReaderStudy& study, const Group& group, const Group* reference,
                        const Resampling& resampling, std::vector<GroupScore>& scores) {
  for (std::size_t m = 0; m < study.metrics.size(); ++m) {
    const Take take = [m](const LesionScore& lesion) { return lesion.values[m]; };
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
    std::set<std::string> both;
    const auto ours = patients_of(group), others = patients_of(*reference);
    std::ranges::set_intersection(ours, others, std::inserter(both, both.end()));
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
    if (study.detects)
      add_detection(group, reference, rate, resampling, scores);
    else
      add_lesion_metrics(study, group, reference, resampling, scores);
  }
  return scores;
}

const GroupScore* worst_group(const std::vector<GroupScore>& scores, const std::string& metric,
                              Better better, Index fewest) {
  const auto badness = [&](const GroupScore& score) {
    const double value = score.value.value;
    return better == Better::high ? -value : better == Better::low ? value : std::abs(value);
  };
  const GroupScore* worst = nullptr;
  for (const GroupScore& score : scores)
    if (score.metric == metric && score.group != "all" && score.value.has_value() &&
        score.lesions >= fewest && (!worst || badness(score) > badness(*worst)))
      worst = &score;
  return worst;
}

}  // namespace vitrine::evaluation

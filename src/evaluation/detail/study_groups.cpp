#include "vitrine/evaluation/detail/study_groups.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <utility>

namespace vitrine::evaluation::detail {
namespace {

std::vector<std::string> levels_in_order(const std::vector<std::string>& all) {
  std::vector<std::string> levels;
  for (const std::string& one : all)
    if (!one.empty() && std::ranges::find(levels, one) == levels.end()) levels.push_back(one);
  return levels;
}

/// Sum and count of what each lesion has in a group.
using LesionMeans = std::map<std::pair<std::string, std::string>, std::pair<double, double>>;

LesionMeans means_by_lesion(const Group& group, const Take& take) {
  LesionMeans means;
  for (const ImageScore* image : group.images)
    for (const LesionScore& lesion : image->lesions)
      if (const double value = take(*image, lesion); group.takes(lesion) && !std::isnan(value)) {
        auto& [sum, count] = means[{image->patient, lesion.id}];
        sum += value;
        count += 1.0;
      }
  return means;
}

}  // namespace

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
  for (std::size_t c = 0; c < study.lesion_classes.size(); ++c) {
    std::vector<std::string> levels;
    for (const ImageScore& image : study.images)
      for (const LesionScore& lesion : image.lesions)
        if (c < lesion.classes.size()) levels.push_back(lesion.classes[c]);
    std::ranges::sort(levels);
    for (const std::string& level : levels_in_order(levels)) {
      add(study.lesion_classes[c], level, "", [](const ImageScore&) { return true; });
      groups.back().takes = [c, level](const LesionScore& lesion) {
        return c < lesion.classes.size() && lesion.classes[c] == level;
      };
    }
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

std::set<std::string> patients_of(const Group& group) {
  std::set<std::string> patients;
  for (const ImageScore* image : group.images) patients.insert(image->patient);
  return patients;
}

std::set<std::string> patients_of_both(const Group& a, const Group& b) {
  std::set<std::string> both;
  const auto ours = patients_of(a), others = patients_of(b);
  std::ranges::set_intersection(ours, others, std::inserter(both, both.end()));
  return both;
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

Rows lesion_rows(const Group& group, const Take& take) {
  Rows rows;
  for (const ImageScore* image : group.images)
    for (const LesionScore& lesion : image->lesions)
      if (group.takes(lesion)) rows.add(take(*image, lesion), image->patient);
  return rows;
}

Rows paired_rows(const Group& group, const Group& reference, const Take& take) {
  const LesionMeans mine = means_by_lesion(group, take), theirs = means_by_lesion(reference, take);
  Rows rows;
  for (const auto& [lesion, mean] : mine)
    if (const auto other = theirs.find(lesion); other != theirs.end())
      rows.add(mean.first / mean.second - other->second.first / other->second.second, lesion.first);
  return rows;
}

Estimate within(Estimate estimate, double low, double high) {
  estimate.low = std::max(estimate.low, low);  // NaN stays
  estimate.high = std::min(estimate.high, high);
  return estimate;
}

}  // namespace vitrine::evaluation::detail

#pragma once
#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "vitrine/evaluation/reader_study.hpp"

/// How the images of a reader's study are grouped, and means in groups.
namespace vitrine::evaluation::detail {

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

Estimate mean_of(const Rows& rows, const Resampling& resampling);

/// The images of a group, each with those of its lesions that are in it.
struct Group {
  std::string name, level, reference;  // reference: level that it is compared with, or ""
  std::vector<const ImageScore*> images;
  std::function<bool(const LesionScore&)> takes = [](const LesionScore&) { return true; };
};

std::vector<Group> groups_of(const ReaderStudy& study);

/// The group that another is compared with, of what groups there are: with `name`, `level` and
/// `reference`; null: none.
template <class AnyGroup>
const AnyGroup* reference_of(const AnyGroup& group, const std::vector<AnyGroup>& all) {
  const auto found = std::ranges::find_if(all, [&](const AnyGroup& one) {
    return one.name == group.name && one.level == group.reference;
  });
  return group.reference.empty() || found == all.end() ? nullptr : &*found;
}

std::set<std::string> patients_of(const Group& group);
std::set<std::string> patients_of_both(const Group& a, const Group& b);

/// A row of results with counts, and no value yet.
GroupScore counted(const Group& group, const std::string& metric);

/// What is averaged; NaN: this lesion of this image has none.
using Take = std::function<double(const ImageScore&, const LesionScore&)>;

Rows lesion_rows(const Group& group, const Take& take);

/// Differences of the means of each lesion that both groups hold.
Rows paired_rows(const Group& group, const Group& reference, const Take& take);

/// An interval ends where the statistic does; of shares at 0 and 1.
Estimate within(Estimate estimate, double low, double high);
inline Estimate share(Estimate estimate) { return within(std::move(estimate), 0.0, 1.0); }

}  // namespace vitrine::evaluation::detail

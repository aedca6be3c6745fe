#pragma once
#include <cmath>
#include <functional>
#include <set>
#include <string>
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

/// The group that another is compared with; null: none.
const Group* reference_of(const Group& group, const std::vector<Group>& all);

std::set<std::string> patients_of(const Group& group);
std::set<std::string> patients_of_both(const Group& a, const Group& b);

/// A row of results with counts, and no value yet.
GroupScore counted(const Group& group, const std::string& metric);

/// What is averaged; NaN: this lesion of this image has none.
using Take = std::function<double(const ImageScore&, const LesionScore&)>;

Rows lesion_rows(const Group& group, const Take& take);

/// Differences of the means of each lesion that both groups hold.
Rows paired_rows(const Group& group, const Group& reference, const Take& take);

/// An interval of shares ends at 0 and 1.
Estimate share(Estimate estimate);

}  // namespace vitrine::evaluation::detail

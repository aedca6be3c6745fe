#pragma once
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "vitrine/radiomics/feature.hpp"
#include "vitrine/radiomics/pyradiomics/detail/specimen.hpp"
#include "vitrine/radiomics/pyradiomics/features.hpp"

namespace vitrine::radiomics::pyradiomics {

/// A feature of its class's table, next to its formula; a removed one has none.
template <class Evidence>
struct Row {
  FeatureName info;
  Result (*value)(const Evidence&) = nullptr;
};

/// Rows of a table in the order asked for; all standard ones if none is named.
template <class Evidence>
std::vector<const Row<Evidence>*> chosen(std::span<const Row<Evidence>> table,
                                         const std::vector<std::string>& names) {
  std::vector<const Row<Evidence>*> rows;
  for (const std::string& name : names)
    for (const Row<Evidence>& row : table)
      if (row.info.name == name) rows.push_back(&row);
  if (!names.empty()) return rows;
  for (const Row<Evidence>& row : table)
    if (row.info.state == FeatureName::State::standard) rows.push_back(&row);
  return rows;
}

/// A feature's name within its class, and its value or the reason why there is none.
struct Measured {
  std::string_view name;
  Result result;
};

/// Means of the chosen features over matrices; a matrix without a value does not count.
template <class Evidence>
class Means {
 public:
  Means(std::span<const Row<Evidence>> table, const std::vector<std::string>& names)
      : rows_(chosen(table, names)), sum_(rows_.size(), 0.0), count_(rows_.size(), 0) {}
  void add(const Evidence& evidence) {
    for (std::size_t r = 0; r < rows_.size(); ++r) {
      const Result result = rows_[r]->value(evidence);
      if (!std::isfinite(result.value)) {
        reason_ = result.reason.empty() ? reason::not_finite : result.reason;
        continue;
      }
      sum_[r] += result.value;
      ++count_[r];
    }
  }
  std::vector<Measured> take(std::string_view why_none = reason::no_pairs) const {
    std::vector<Measured> all;
    for (std::size_t r = 0; r < rows_.size(); ++r)
      all.push_back({rows_[r]->info.name,
                     count_[r] > 0 ? Result(sum_[r] / count_[r])
                                   : Result::undefined(reason_.empty() ? why_none : reason_)});
    return all;
  }

 private:
  std::vector<const Row<Evidence>*> rows_;
  std::vector<double> sum_;
  std::vector<int> count_;
  std::string_view reason_;
};

/// One class: its names, and how it is computed of a specimen (or of a mask alone).
struct ClassTable {
  FeatureClassInfo info;
  std::vector<Measured> (*measure)(const Specimen&, const std::vector<std::string>& names);
};

template <class Evidence>
FeatureClassInfo info_of(std::string_view name, std::span<const Row<Evidence>> table) {
  FeatureClassInfo info{name, {}};
  for (const Row<Evidence>& row : table) info.features.push_back(row.info);
  return info;
}

const ClassTable& first_order_class();
const ClassTable& glcm_class();
const ClassTable& gldm_class();
const ClassTable& glrlm_class();
const ClassTable& glszm_class();
const ClassTable& ngtdm_class();
const ClassTable& shape_class();
const ClassTable& shape_2d_class();
/// All of them, by name.
std::vector<const ClassTable*> class_tables();

}  // namespace vitrine::radiomics::pyradiomics

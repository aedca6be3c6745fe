#pragma once
#include <span>
#include <vector>

#include "vitrine/radiomics/extract.hpp"

namespace vitrine::radiomics {

/// One family: what it is called, what it can compute and how.
///
/// A new family is a source file that defines one of these and a line in extract.cpp.
struct Family {
  FamilyInfo info;
  std::vector<const FeatureInfo*> (*features)();
  void (*extract)(const Region&, const Settings&, std::vector<FeatureValue>&);
};

extern const Family morphology_family;
extern const Family local_intensity_family;
extern const Family statistics_family;
extern const Family histogram_family;
extern const Family ivh_family;
extern const Family glcm_family;

/// The rows of a family's table, without their formulas.
template <class Evidence>
std::vector<const FeatureInfo*> infos_of(std::span<const Feature<Evidence>> table) {
  std::vector<const FeatureInfo*> infos;
  for (const Feature<Evidence>& feature : table) infos.push_back(&feature.info);
  return infos;
}

/// Every feature of `table`, without a value for the given reason.
template <class Evidence>
void append_undefined(std::span<const Feature<Evidence>> table, std::string_view why,
                      std::vector<FeatureValue>& out) {
  for (const Feature<Evidence>& feature : table)
    out.push_back({&feature.info, Result::undefined(why).value, why, {}});
}

template <class Evidence>
void append(std::span<const Feature<Evidence>> table, const Evidence& evidence,
            std::vector<FeatureValue>& out) {
  for (const Feature<Evidence>& feature : table) {
    const Result result = feature.value(evidence);
    out.push_back({&feature.info, result.value, result.reason, {}});
  }
}

}  // namespace vitrine::radiomics

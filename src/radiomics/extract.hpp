#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/radiomics/feature.hpp"
#include "vitrine/radiomics/region.hpp"

namespace vitrine::radiomics {

/// A feature's value in one region.
struct FeatureValue {
  const FeatureInfo* info = nullptr;
  double value = 0;              ///< NaN only with a reason
  std::string_view reason;       ///< why there is no value, or ""
  std::string_view aggregation;  ///< `3d_average` and the like; "" where the family has none
};

struct FamilyInfo {
  std::string_view id, ibsi_code, summary;
};

/// The families this build knows, in the order of the documentation.
std::span<const FamilyInfo> families();

/// The features of one family, in table order; throws, with a suggestion, if there is no such
/// family.
std::vector<const FeatureInfo*> feature_table(std::string_view family);
/// All features of all families.
std::vector<const FeatureInfo*> feature_table();

/// The features that are `wanted` in the region of `mask`: families by their id, or single features
/// by theirs (`morphology.sphericity`), whose family then computes no more than they need.
///
/// Families are in the order asked for, their features in table order, each once.
/// Serial and free of shared state: many regions may be extracted at the same time, and a region's
/// values have the same bits alone or among others. Throws on bad input (see `prepare`); what
/// cannot be computed is NaN with a reason.
std::vector<FeatureValue> extract(const Image& image, const Mask& mask, const Settings& settings,
                                  std::span<const std::string> wanted);

/// What `prepare` must keep for these; throws, with a suggestion, if one is no family or feature.
Keep kept_for(std::span<const std::string> wanted);

/// The same, of a region already prepared with these settings, which kept what it must.
std::vector<FeatureValue> extract(const Region& region, const Settings& settings,
                                  std::span<const std::string> wanted);

}  // namespace vitrine::radiomics

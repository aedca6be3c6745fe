#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::radiomics::pyradiomics {

/// A feature as PyRadiomics names it within its class.
struct FeatureName {
  enum class State {
    standard,  ///< computed unless others are asked for by name
    by_name,   ///< deprecated: computed if asked for by name
    removed    ///< a name it still accepts, without a value
  };
  std::string_view name;
  State state = State::standard;
  std::string_view note{};  ///< what a removed one equals
};

/// A feature class: `firstorder`, `glcm`, ...
struct FeatureClassInfo {
  std::string_view name;
  std::vector<FeatureName> features;  ///< in PyRadiomics' order, by name

  const FeatureName* find(std::string_view feature) const;
};

/// The classes in PyRadiomics' order, by name.
std::span<const FeatureClassInfo> feature_classes();
/// The class of that name, or null.
const FeatureClassInfo* find_feature_class(std::string_view name);
const std::vector<std::string>& feature_class_names();

}  // namespace vitrine::radiomics::pyradiomics

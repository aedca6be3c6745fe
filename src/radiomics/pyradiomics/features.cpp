#include "vitrine/radiomics/pyradiomics/features.hpp"

#include "vitrine/radiomics/pyradiomics/detail/classes.hpp"

namespace vitrine::radiomics::pyradiomics {

std::vector<const ClassTable*> class_tables() {
  return {&first_order_class(), &glcm_class(),  &gldm_class(),  &glrlm_class(),
          &glszm_class(),       &ngtdm_class(), &shape_class(), &shape_2d_class()};
}

const FeatureName* FeatureClassInfo::find(std::string_view feature) const {
  for (const FeatureName& f : features)
    if (f.name == feature) return &f;
  return nullptr;
}

std::span<const FeatureClassInfo> feature_classes() {
  static const std::vector<FeatureClassInfo> all = [] {
    std::vector<FeatureClassInfo> infos;
    for (const ClassTable* table : class_tables()) infos.push_back(table->info);
    return infos;
  }();
  return all;
}

const FeatureClassInfo* find_feature_class(std::string_view name) {
  for (const FeatureClassInfo& info : feature_classes())
    if (info.name == name) return &info;
  return nullptr;
}

const std::vector<std::string>& feature_class_names() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const FeatureClassInfo& info : feature_classes()) all.emplace_back(info.name);
    return all;
  }();
  return names;
}

}  // namespace vitrine::radiomics::pyradiomics

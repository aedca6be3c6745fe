#include "vitrine/radiomics/extract.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/value.hpp"
#include "vitrine/radiomics/detail/families.hpp"

namespace vitrine::radiomics {
namespace {

constexpr std::array known{&morphology_family, &statistics_family, &glcm_family,  &glrlm_family,
                           &glszm_family,      &gldzm_family,      &ngtdm_family, &ngldm_family};

const Family& find(std::string_view id) {
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Family* f) { return f->info.id == id; });
  if (found != known.end()) return **found;
  std::vector<std::string> ids;
  for (const Family* family : known) ids.emplace_back(family->info.id);
  throw Error(Error::Kind::input, str("'", id, "' is no feature family.", suggestion(id, ids)));
}

}  // namespace

const Levels& Subject::levels() {
  if (!levels_) levels_ = discretise(region, settings);
  return *levels_;
}

const std::vector<Zone>& Subject::zones(Connectivity connectivity) {
  auto& zones = zones_[connectivity == Connectivity::slice ? 0 : 1];
  if (!zones) zones = find_zones(region, levels(), connectivity);
  return *zones;
}

std::span<const FamilyInfo> families() {
  static const std::vector<FamilyInfo> infos = [] {
    std::vector<FamilyInfo> all;
    for (const Family* family : known) all.push_back(family->info);
    return all;
  }();
  return infos;
}

std::vector<const FeatureInfo*> feature_table(std::string_view family) {
  return find(family).features();
}

std::vector<const FeatureInfo*> feature_table() {
  std::vector<const FeatureInfo*> all;
  for (const Family* family : known)
    for (const FeatureInfo* info : family->features()) all.push_back(info);
  return all;
}

std::vector<FeatureValue> extract(const Region& region, const Settings& settings,
                                  std::span<const std::string> wanted) {
  std::vector<const Family*> chosen;
  for (const std::string& id : wanted) chosen.push_back(&find(id));
  std::vector<FeatureValue> values;
  Subject subject(region, settings);
  for (const Family* family : chosen) family->extract(subject, values);
  for (FeatureValue& v : values) {
    if (std::isfinite(v.value)) continue;
    if (v.reason.empty()) v.reason = reason::not_finite;
    v.value = Result::undefined(v.reason).value;
  }
  return values;
}

std::vector<FeatureValue> extract(const Image& image, const Mask& mask, const Settings& settings,
                                  std::span<const std::string> wanted) {
  return extract(prepare(image, mask, settings), settings, wanted);
}

}  // namespace vitrine::radiomics

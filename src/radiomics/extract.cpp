#include "vitrine/radiomics/extract.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/value.hpp"
#include "vitrine/radiomics/detail/families.hpp"

namespace vitrine::radiomics {
namespace {

constexpr std::array known{&morphology_family, &local_intensity_family,
                           &statistics_family, &histogram_family,
                           &ivh_family,        &glcm_family,
                           &glrlm_family,      &glszm_family,
                           &gldzm_family,      &ngtdm_family,
                           &ngldm_family};

const Family& find(std::string_view id) {
  const auto found =
      std::find_if(known.begin(), known.end(), [&](const Family* f) { return f->info.id == id; });
  if (found != known.end()) return **found;
  std::vector<std::string> ids;
  for (const Family* family : known) ids.emplace_back(family->info.id);
  throw Error(Error::Kind::input, str("'", id, "' is no feature family.", suggestion(id, ids)));
}

/// What is asked of one family: some of its features, or all if none is named.
struct Request {
  const Family* family;
  std::vector<std::string_view> features;
};

/// The feature of that id, of its family's table.
const FeatureInfo& find_feature(const Family& family, std::string_view id) {
  std::vector<std::string> ids;
  for (const FeatureInfo* info : family.features()) {
    if (info->id == id) return *info;
    ids.emplace_back(info->id);
  }
  throw Error(Error::Kind::input, str("'", id, "' is no feature.", suggestion(id, ids)));
}

/// Families in the order asked for; a family asked for as such gives all of its features.
std::vector<Request> requests_of(std::span<const std::string> wanted) {
  std::vector<Request> requests;
  for (const std::string& id : wanted) {
    const std::size_t dot = id.find('.');
    const Family& family = find(std::string_view(id).substr(0, dot));
    const auto known_one = std::find_if(requests.begin(), requests.end(),
                                        [&](const Request& r) { return r.family == &family; });
    const bool is_new = known_one == requests.end();
    Request& request = is_new ? requests.emplace_back(Request{&family, {}}) : *known_one;
    if (dot == std::string::npos) {
      request.features.clear();
    } else if (is_new || !request.features.empty()) {
      request.features.push_back(find_feature(family, id).id);
    }
  }
  return requests;
}

bool contains(const std::vector<std::string_view>& ids, std::string_view id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

bool Subject::wants(std::initializer_list<std::string_view> features) const {
  return chosen_.empty() || std::any_of(features.begin(), features.end(),
                                        [&](std::string_view id) { return contains(chosen_, id); });
}

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

Keep kept_for(std::span<const std::string> wanted) {
  const auto requests = requests_of(wanted);
  const bool looks_around = std::any_of(requests.begin(), requests.end(), [](const Request& r) {
    return r.family == &local_intensity_family;
  });
  return looks_around ? Keep::surroundings : Keep::region;
}

std::vector<FeatureValue> extract(const Region& region, const Settings& settings,
                                  std::span<const std::string> wanted) {
  const std::vector<Request> requests = requests_of(wanted);
  std::vector<FeatureValue> values;
  Subject subject(region, settings);
  for (const Request& request : requests) {
    const auto before = std::ssize(values);
    subject.choose(request.features);
    request.family->extract(subject, values);
    if (request.features.empty()) continue;
    const auto unwanted = [&](const FeatureValue& v) {
      return !contains(request.features, v.info->id);
    };
    values.erase(std::remove_if(values.begin() + before, values.end(), unwanted), values.end());
  }
  for (FeatureValue& v : values) {
    if (std::isfinite(v.value)) continue;
    if (v.reason.empty()) v.reason = reason::not_finite;
    v.value = Result::undefined(v.reason).value;
  }
  return values;
}

std::vector<FeatureValue> extract(const Image& image, const Mask& mask, const Settings& settings,
                                  std::span<const std::string> wanted) {
  return extract(prepare(image, mask, settings, kept_for(wanted)), settings, wanted);
}

}  // namespace vitrine::radiomics

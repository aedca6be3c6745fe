#pragma once
#include <array>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "vitrine/radiomics/detail/zones.hpp"
#include "vitrine/radiomics/extract.hpp"

namespace vitrine::radiomics {

/// A region under measurement, and what several families need of it, computed when first asked for.
class Subject {
 public:
  Subject(const Region& of, const Settings& how) : region(of), settings(how) {}
  const Region& region;
  const Settings& settings;

  /// Only these features of the next family matter; all of them if there are none.
  void choose(std::vector<std::string_view> features) { chosen_ = std::move(features); }
  /// Whether one of `features` matters: what costs much is left out where nobody asks for it.
  bool wants(std::initializer_list<std::string_view> features) const;

  const Levels& levels();
  /// Zones of equal level, of the volume or of each slice.
  const std::vector<Zone>& zones(Connectivity connectivity);

 private:
  std::vector<std::string_view> chosen_;
  std::optional<Levels> levels_;
  std::array<std::optional<std::vector<Zone>>, 2> zones_;
};

/// One family: what it is called, what it can compute and how.
///
/// A new family is a source file that defines one of these and a line in extract.cpp.
struct Family {
  FamilyInfo info;
  std::vector<const FeatureInfo*> (*features)();
  void (*extract)(Subject&, std::vector<FeatureValue>&);
};

extern const Family morphology_family;
extern const Family local_intensity_family;
extern const Family statistics_family;
extern const Family histogram_family;
extern const Family ivh_family;
extern const Family glcm_family;
extern const Family glrlm_family;
extern const Family glszm_family;
extern const Family gldzm_family;
extern const Family ngtdm_family;
extern const Family ngldm_family;

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

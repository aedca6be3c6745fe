#include "vitrine/trial/detail/scan_rows.hpp"

#include <algorithm>
#include <limits>

#include "vitrine/evaluation/random_arms.hpp"

namespace vitrine::trial::detail {

using evaluation::Sample;
using evaluation::Source;
using evaluation::Study;

namespace {

void put(const Sample& sample, Eigen::MatrixXd& all, Index row) {
  for (Index f = 0; f < all.cols(); ++f) all(row, f) = sample.values[std::size_t(f)];
}

}  // namespace

FirstSamples::FirstSamples(const Study& study) {
  for (const Sample& sample : study.samples)
    at_.try_emplace({sample.source, sample.lesion, sample.arm}, &sample);
}

const Sample* FirstSamples::operator()(Source source, Index lesion, Index arm) const {
  for (const Index which : {arm, Sample::every_arm})
    if (const auto found = at_.find({source, lesion, which}); found != at_.end())
      return found->second;
  return nullptr;
}

ScanRows::ScanRows(const Study& study) : study_(study), first_(study) {
  for (const Sample& s : study.samples)
    if (s.source == Source::scan && first_(s.source, s.lesion, s.arm) == &s) scans_.push_back(&s);
}

bool ScanRows::same_as(const ScanRows& other) const {
  const auto same_place = [](const Sample* a, const Sample* b) {
    return a->lesion == b->lesion && a->arm == b->arm;
  };
  return std::ranges::equal(scans_, other.scans_, same_place) &&
         std::ranges::equal(study_.features, other.study_.features, {}, &evaluation::Feature::id,
                            &evaluation::Feature::id);
}

std::vector<std::string> ScanRows::levels(const std::string& name) const {
  const auto factor = std::ranges::find(study_.factors, name, &evaluation::ArmFactor::name);
  std::vector<std::string> all(scans_.size(), "all");
  if (factor != study_.factors.end())
    for (Index i = 0; i < count(); ++i) all[std::size_t(i)] = factor->level[arm(i)];
  return all;
}

Eigen::MatrixXd ScanRows::values() const {
  Eigen::MatrixXd all(count(), std::ssize(study_.features));
  for (Index i = 0; i < count(); ++i) put(*scans_[std::size_t(i)], all, i);
  return all;
}

Eigen::MatrixXd ScanRows::truth(Source source) const {
  Eigen::MatrixXd all(count(), std::ssize(study_.features));
  all.setConstant(std::numeric_limits<double>::quiet_NaN());
  for (Index i = 0; i < count(); ++i) {
    const Sample& scan = *scans_[std::size_t(i)];
    if (const Sample* found = first_(source, scan.lesion, scan.arm)) put(*found, all, i);
  }
  return all;
}

evaluation::HarmonisationCases cases_of(const Plan& plan, const Study& study, const ScanRows& rows,
                                        const HarmonisationSettings& settings,
                                        const std::string& batch) {
  evaluation::HarmonisationCases all;
  all.cases.values = rows.values();
  all.cases.batch = rows.levels(batch);
  for (const auto& feature : study.features) all.features.push_back(feature.id);
  std::vector<std::string> stratum;
  std::vector<double> volume;
  for (Index i = 0; i < rows.count(); ++i) {
    const evaluation::Lesion& lesion = rows.lesion(i);
    all.patient.push_back(lesion.patient);
    all.lesion.push_back(lesion.id);
    all.arm.push_back(study.arms[rows.arm(i)]);
    volume.push_back(lesion.volume);
    stratum.push_back(phantoms::stratum_name(plan.scenario.patients, lesion.patient));
    if (!settings.label.empty()) all.label.push_back(stratum.back() == settings.label);
  }
  for (const std::string& name : settings.covariates) {
    if (name == "volume")
      all.cases.covariates.push_back({name, volume});
    else
      all.cases.groups.push_back({name, name == "stratum" ? stratum : rows.levels(name)});
  }
  return all;
}

ArmsJudged::ArmsJudged(const Study& study, const evaluation::StabilityOptions& stability)
    : stability_(stability) {
  const auto random =
      std::ranges::count(study.factors, evaluation::Effect::random, &evaluation::ArmFactor::kind);
  some_random_ = random > 0;
  one_random_ =
      stability.arms == evaluation::Effect::random || (random == 1 && study.factors.size() == 1);
}

evaluation::HarmonisationOptions ArmsJudged::options() const {
  return {.arms = one_random_ ? evaluation::Effect::random : evaluation::Effect::fixed,
          .seed = stability_.seed,
          .replicates = stability_.replicates,
          .confidence = stability_.confidence};
}

void ArmsJudged::withhold(evaluation::Harmonisation& result) const {
  if (!some_random_ || one_random_) return;
  for (auto& feature : result.features)
    for (evaluation::Estimate* icc : {&feature.icc_before, &feature.icc_after})
      icc->withhold_interval(evaluation::no_bootstrap_of_random_arms);
}

}  // namespace vitrine::trial::detail

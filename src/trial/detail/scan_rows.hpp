#pragma once
#include <Eigen/Core>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "vitrine/evaluation/harmonisation.hpp"
#include "vitrine/evaluation/stability.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial::detail {

/// The truths that scans are judged by, as tables name them.
inline constexpr std::pair<const char*, evaluation::Source> truths[] = {
    {"t0", evaluation::Source::object_truth},
    {"t1", evaluation::Source::reference_truth},
    {"t2", evaluation::Source::arm_truth}};

/// The first sample of every source, lesion and arm.
class FirstSamples {
 public:
  explicit FirstSamples(const evaluation::Study& study);
  /// That of an arm or, where it has none, of every arm; null where there is none either.
  const evaluation::Sample* operator()(evaluation::Source source, Index lesion, Index arm) const;

 private:
  std::map<std::tuple<evaluation::Source, Index, Index>, const evaluation::Sample*> at_;
};

/// The arms' own scans, one row per lesion and arm.
class ScanRows {
 public:
  explicit ScanRows(const evaluation::Study& study);

  Index count() const { return std::ssize(scans_); }
  const evaluation::Lesion& lesion(Index row) const {
    return study_.lesions[std::size_t(scans_[std::size_t(row)]->lesion)];
  }
  std::size_t arm(Index row) const { return std::size_t(scans_[std::size_t(row)]->arm); }
  /// Whether both have the same lesions and arms in their rows, and the same features.
  bool same_as(const ScanRows& other) const;

  /// Level of a factor in every row; one for all where arms do not differ in it.
  std::vector<std::string> levels(const std::string& factor) const;
  Eigen::MatrixXd values() const;
  /// Values of a truth beside the scans, NaN where there is none.
  Eigen::MatrixXd truth(evaluation::Source source) const;

 private:
  const evaluation::Study& study_;
  FirstSamples first_;
  std::vector<const evaluation::Sample*> scans_;
};

/// The rows with what is needed to harmonise and to judge them, the truth aside.
evaluation::HarmonisationCases cases_of(const Plan& plan, const evaluation::Study& study,
                                        const ScanRows& rows, const HarmonisationSettings& settings,
                                        const std::string& batch);

/// What the ICC takes arms for, where factors may be random.
class ArmsJudged {
 public:
  ArmsJudged(const evaluation::Study& study, const evaluation::StabilityOptions& stability);
  evaluation::HarmonisationOptions options() const;
  /// The bootstrap of fixed arms does not draw what is random: then intervals of the ICC go.
  void withhold(evaluation::Harmonisation& result) const;

 private:
  const evaluation::StabilityOptions& stability_;
  bool some_random_, one_random_;
};

}  // namespace vitrine::trial::detail

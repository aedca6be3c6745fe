#include "vitrine/trial/harmonisation.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "vitrine/evaluation/random_arms.hpp"
#include "vitrine/trial/arm_factors.hpp"

namespace vitrine::trial {
namespace {

using evaluation::Sample;
using evaluation::Source;
using evaluation::Study;

constexpr std::pair<const char*, Source> truths[] = {
    {"t0", Source::object_truth}, {"t1", Source::reference_truth}, {"t2", Source::arm_truth}};

evaluation::CombatOptions options_of(const std::string& method,
                                     const HarmonisationSettings& settings) {
  using evaluation::CombatPrior;
  evaluation::CombatOptions options{.mean_only = method == "mean_only",
                                    .smallest_batch = settings.smallest_batch};
  options.prior = method == "nonparametric" ? CombatPrior::nonparametric
                  : method == "without_eb"  ? CombatPrior::none
                                            : CombatPrior::parametric;
  if (!settings.reference.empty()) options.reference = settings.reference;
  return options;
}

/// The arms' own scans, one row per lesion and arm.
class Rows {
 public:
  explicit Rows(const Study& study) : study_(study) {
    std::map<std::pair<Index, Index>, std::size_t> seen;
    for (const Sample& s : study.samples)
      if (s.source == Source::scan && seen.try_emplace({s.lesion, s.arm}, 0).second)
        scans_.push_back(&s);
  }

  Index count() const { return std::ssize(scans_); }
  const evaluation::Lesion& lesion(Index row) const {
    return study_.lesions[std::size_t(scans_[std::size_t(row)]->lesion)];
  }
  std::size_t arm(Index row) const { return std::size_t(scans_[std::size_t(row)]->arm); }

  /// Level of a factor in every row; one for all where arms do not differ in it.
  std::vector<std::string> levels(const std::string& name) const {
    const auto factor = std::ranges::find(study_.factors, name, &evaluation::ArmFactor::name);
    std::vector<std::string> all(scans_.size(), "all");
    if (factor != study_.factors.end())
      for (Index i = 0; i < count(); ++i) all[std::size_t(i)] = factor->level[arm(i)];
    return all;
  }

  Eigen::MatrixXd values() const {
    Eigen::MatrixXd all(count(), std::ssize(study_.features));
    for (Index i = 0; i < count(); ++i) put(*scans_[std::size_t(i)], all, i);
    return all;
  }

  /// Values of a truth beside the scans, NaN where there is none.
  Eigen::MatrixXd truth(Source source) const {
    std::map<std::pair<Index, Index>, const Sample*> known;
    for (const Sample& s : study_.samples)
      if (s.source == source) known.try_emplace({s.lesion, s.arm}, &s);
    Eigen::MatrixXd all(count(), std::ssize(study_.features));
    all.setConstant(std::numeric_limits<double>::quiet_NaN());
    for (Index i = 0; i < count(); ++i) {
      const Sample& scan = *scans_[std::size_t(i)];
      for (const Index arm : {scan.arm, Sample::every_arm})
        if (const auto found = known.find({scan.lesion, arm}); found != known.end()) {
          put(*found->second, all, i);
          break;
        }
    }
    return all;
  }

 private:
  static void put(const Sample& sample, Eigen::MatrixXd& all, Index row) {
    for (Index f = 0; f < all.cols(); ++f) all(row, f) = sample.values[std::size_t(f)];
  }

  const Study& study_;
  std::vector<const Sample*> scans_;
};

evaluation::HarmonisationCases cases_of(const Plan& plan, const Study& study, const Rows& rows,
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

/// Batches with too few lesions, whose images in several arms are no further cases, or "".
std::string too_few_lesions(const evaluation::HarmonisationCases& all, Index fewest) {
  std::map<std::string, std::set<std::pair<std::string, std::string>>> lesions;
  for (std::size_t i = 0; i < all.patient.size(); ++i)
    lesions[all.cases.batch[i]].emplace(all.patient[i], all.lesion[i]);
  for (const auto& [batch, its] : lesions)
    if (std::ssize(its) < fewest)
      return str("too few lesions in batch ", batch, " (", its.size(), "): ComBat needs ", fewest,
                 " (images of one lesion are alike, so they count once)");
  return "";
}

/// The bootstrap of fixed arms does not draw what is random.
void withhold_intervals(evaluation::Harmonisation& result) {
  for (auto& feature : result.features)
    for (evaluation::Estimate* icc : {&feature.icc_before, &feature.icc_after})
      icc->withhold_interval(evaluation::no_bootstrap_of_random_arms);
}

}  // namespace

std::vector<HarmonisationRun> harmonise(const Plan& plan, const Study& study,
                                        const evaluation::StabilityOptions& stability) {
  const HarmonisationSettings settings =
      plan.scenario.statistics.harmonisation.value_or(HarmonisationSettings{});
  const std::string batch = batch_of(plan.scenario.statistics, !plan.sites.empty());
  const Rows rows(study);
  evaluation::HarmonisationCases cases = cases_of(plan, study, rows, settings, batch);
  const auto random =
      std::ranges::count(study.factors, evaluation::Effect::random, &evaluation::ArmFactor::kind);
  const bool one_random =
      stability.arms == evaluation::Effect::random || (random == 1 && study.factors.size() == 1);
  const std::string few = too_few_lesions(cases, settings.smallest_batch);
  std::vector<Eigen::MatrixXd> values_of;
  for (const auto& [name, source] : truths) values_of.push_back(rows.truth(source));
  std::vector<HarmonisationRun> runs;
  for (const std::string& method : settings.methods) {
    evaluation::HarmonisationOptions options{
        .combat = options_of(method, settings),
        .arms = one_random ? evaluation::Effect::random : evaluation::Effect::fixed,
        .folds = settings.folds,
        .seed = stability.seed,
        .replicates = stability.replicates,
        .confidence = stability.confidence};
    for (std::size_t t = 0; t < std::size(truths); ++t) {
      cases.truth = values_of[t];
      runs.push_back({method, batch, truths[t].first,
                      few.empty() ? evaluation::harmonise(cases, options)
                                  : evaluation::refused_harmonisation(cases, few)});
      if (random > 0 && !one_random) withhold_intervals(runs.back().result);
    }
  }
  return runs;
}

Table harmonisation_table(std::span<const HarmonisationRun> runs) {
  Table table;
  for (const HarmonisationRun& run : runs) {
    const Table its = evaluation::harmonisation_table(run.result);
    if (table.columns.empty()) {
      table.columns = its.columns;
      table.columns.insert(table.columns.begin(), {"method", "batch", "truth"});
    }
    for (const auto& row : its.rows) {
      std::vector<Table::Cell> cells{run.method, run.batch, run.truth};
      cells.insert(cells.end(), row.begin(), row.end());
      table.add(std::move(cells));
    }
  }
  return table;
}

}  // namespace vitrine::trial

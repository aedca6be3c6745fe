#include "vitrine/trial/harmonisation.hpp"

#include <map>
#include <set>

#include "vitrine/trial/detail/scan_rows.hpp"

namespace vitrine::trial {
namespace {

using evaluation::Study;

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

}  // namespace

std::vector<HarmonisationRun> harmonise(const Plan& plan, const Study& study,
                                        const evaluation::StabilityOptions& stability) {
  const HarmonisationSettings settings =
      plan.scenario.statistics.harmonisation.value_or(HarmonisationSettings{});
  const std::string batch = batch_of(plan.scenario.statistics, !plan.sites.empty());
  const detail::ScanRows rows(study);
  evaluation::HarmonisationCases cases = detail::cases_of(plan, study, rows, settings, batch);
  const detail::ArmsJudged arms(study, stability);
  const std::string few = too_few_lesions(cases, settings.smallest_batch);
  std::vector<Eigen::MatrixXd> values_of;
  for (const auto& [name, source] : detail::truths) values_of.push_back(rows.truth(source));
  std::vector<HarmonisationRun> runs;
  for (const std::string& method : settings.methods) {
    evaluation::HarmonisationOptions options = arms.options();
    options.combat = options_of(method, settings);
    options.folds = settings.folds;
    for (std::size_t t = 0; t < std::size(detail::truths); ++t) {
      cases.truth = values_of[t];
      runs.push_back({method, batch, detail::truths[t].first,
                      few.empty() ? evaluation::harmonise(cases, options)
                                  : evaluation::refused_harmonisation(cases, few)});
      arms.withhold(runs.back().result);
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

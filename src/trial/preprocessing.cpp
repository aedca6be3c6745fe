#include "vitrine/trial/preprocessing.hpp"

#include <iterator>

#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/detail/scan_rows.hpp"

namespace vitrine::trial {
namespace {

using evaluation::Study;

/// Why errors of either side cannot be compared, of each feature: intensities on a scale of their
/// own have other units, and other bins.
std::vector<std::string> other_scales(const Study& before, const Study& after, bool rescaled) {
  std::vector<std::string> reasons;
  for (std::size_t f = 0; f < before.features.size(); ++f) {
    const evaluation::Feature &was = before.features[f], &is = after.features[f];
    const bool binned = was.family != "morphology" && was.family != "statistics";
    reasons.push_back(was.unit != is.unit  ? str("counts ", is.unit, " instead of ", was.unit,
                                                 ": errors cannot be compared")
                      : rescaled && binned ? "counts other bins: errors cannot be compared"
                                           : "");
  }
  return reasons;
}

/// How far both sides are from the object as it is measured without preprocessing.
std::vector<evaluation::ErrorToTruth> object_errors(
    const evaluation::HarmonisationCases& before, const evaluation::Remeasured& after,
    const evaluation::HarmonisationOptions& options) {
  const evaluation::Resampling resampling{make_stream(options.seed, "patients", Draw::bootstrap),
                                          options.replicates, options.confidence};
  const auto patients = evaluation::Clusters::by_label(before.patient);
  std::vector<evaluation::ErrorToTruth> all(before.features.size());
  parallel_for(std::ssize(all), [&](Index f) {
    auto& error = all[std::size_t(f)];
    if (const std::string& why = after.no_error[std::size_t(f)]; !why.empty()) {
      error.before = error.after = error.ratio = evaluation::Estimate::withheld(why);
      return;
    }
    const auto column = [&](const Eigen::MatrixXd& m) {
      return std::span(m.data() + f * m.rows(), std::size_t(m.rows()));  // column by column
    };
    error = evaluation::error_to_truth(column(before.cases.values), column(after.values),
                                       column(before.truth), patients, resampling);
  });
  return all;
}

}  // namespace

std::pair<PreprocessingComparison, std::vector<HarmonisationRun>> compare_preprocessing(
    const Plan& plan, const radiomics::Preprocessing& how, const Measurements& before,
    const Study& after, const evaluation::StabilityOptions& stability) {
  const auto settings = plan.scenario.statistics.harmonisation.value_or(HarmonisationSettings{});
  const detail::ScanRows rows(before.study), rows_after(after);
  require(rows.same_as(rows_after), Error::Kind::data, "not every image was measured after '",
          how.name, "'");
  const detail::ArmsJudged arms(before.study, stability);
  const evaluation::HarmonisationOptions options = arms.options();
  // Batches play no part: nothing is fitted.
  evaluation::HarmonisationCases cases = detail::cases_of(
      plan, before.study, rows, settings, batch_of(plan.scenario.statistics, !plan.sites.empty()));
  evaluation::Remeasured remeasured{
      rows_after.values(), {}, other_scales(before.study, after, !how.unit().empty())};
  std::vector<HarmonisationRun> runs;
  for (const auto& [truth, source] : detail::truths) {
    cases.truth = rows.truth(source);
    remeasured.truth = rows_after.truth(source);
    runs.push_back({how.name, "", truth, evaluation::judge_remeasured(cases, remeasured, options)});
    arms.withhold(runs.back().result);
  }

  cases.truth = rows.truth(evaluation::Source::object_truth);
  const auto object = object_errors(cases, remeasured, options);
  const std::vector<evaluation::StabilityRow> after_rows = evaluation::stability(after, stability);
  PreprocessingComparison comparison{how.name, {}};
  for (std::size_t f = 0; f < object.size(); ++f)
    comparison.features.push_back({.preprocessing = how.name,
                                   .feature = before.study.features[f],
                                   .unit_after = after.features[f].unit,
                                   .before = evaluation::side_of(before.rows[f]),
                                   .after = evaluation::side_of(after_rows[f]),
                                   .error = runs.front().result.features[f].error,
                                   .object_error = object[f],
                                   .patients = before.rows[f].patients,
                                   .lesions = before.rows[f].lesions});
  return {std::move(comparison), std::move(runs)};
}

Table preprocessing_table(std::span<const PreprocessingComparison> all) {
  std::vector<evaluation::PreprocessedFeature> rows;
  for (const PreprocessingComparison& each : all)
    rows.insert(rows.end(), each.features.begin(), each.features.end());
  return evaluation::preprocessing_table(rows);
}

}  // namespace vitrine::trial

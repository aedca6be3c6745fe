#include "vitrine/trial/analysis.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <optional>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "vitrine/trial/arm_factors.hpp"

namespace vitrine::trial {
namespace {

const std::string& text(const std::vector<Table::Cell>& row, std::size_t column) {
  return std::get<std::string>(row[column]);
}

/// A column that not every trial has.
std::optional<std::size_t> column_if_there(const Table& table, const char* name) {
  const auto found = std::find(table.columns.begin(), table.columns.end(), name);
  if (found == table.columns.end()) return {};
  return std::size_t(found - table.columns.begin());
}

/// Tells rows of one perturbation and one preprocessing from those of others, by the columns that
/// trials with several have.
class Condition {
 public:
  Condition(const Table& features, const char* column, std::string_view wanted)
      : column_(column_if_there(features, column)), wanted_(wanted) {}
  bool holds(const std::vector<Table::Cell>& row) const {
    return !column_ || text(row, *column_) == wanted_;
  }

 private:
  std::optional<std::size_t> column_;
  std::string_view wanted_;
};

/// Turns tidy rows into one sample per lesion and image, as the statistics take them.
class StudyBuilder {
 public:
  /// What was measured after a preprocessing, or without any.
  StudyBuilder(const Plan& plan, std::string_view preprocessing)
      : plan_(plan), preprocessing_(preprocessing) {
    for (const Arm& arm : plan.arms) {
      study.arms.push_back(arm.name);
      object_.push_back(object_name(plan.scenario.arms, arm));
    }
    study.factors =
        arm_factors(plan.scenario.arms, plan.arms, plan.sites, plan.scenario.statistics.random);
  }

  void add(const CaseResult& one) {
    lesion_.clear();  // those of other cases are others
    sample_.clear();
    last_ = {};
    const auto strength = column_if_there(one.lesions, "heterogeneity_hu");
    for (const auto& row : one.lesions.rows) {
      // Of several protocols each has a row of the same lesion.
      if (!lesion_.try_emplace({text(row, 0), text(row, 1)}, std::ssize(study.lesions)).second)
        continue;
      if (strength) drawn[{text(row, 0), text(row, 1)}] = std::get<double>(row[*strength]);
      const std::size_t volume = one.lesions.column("volume_mm3");
      study.lesions.push_back({text(row, 0), text(row, 1), std::get<double>(row[volume])});
    }
    const Table& features = one.features;
    if (features.rows.empty()) return;
    const Places at(features);
    const Condition unperturbed(features, "perturbation", radiomics::Perturbation::unperturbed),
        processed(features, "preprocessing", preprocessing_);
    for (const auto& row : features.rows)
      if (processed.holds(row)) declare(at, row);
    for (const auto& row : features.rows) {
      // Neither is an arm of its own: see robustness_of and compare_preprocessing.
      if (!unperturbed.holds(row) || !processed.holds(row)) continue;
      // A later visit repeats nothing: the lesions changed.
      if (!text(row, at.replicate).starts_with("visit")) take(at, row);
    }
  }
  /// After the last case.
  void finish() {
    for (evaluation::Sample& sample : study.samples) fill_up(sample);
  }

  evaluation::Study study;
  DrawnTextures drawn;  ///< empty where none was drawn

 private:
  using Row = std::vector<Table::Cell>;

  /// What values of one lesion in one image share; names of a row of the case at hand.
  struct Region {
    std::string_view case_id, lesion, arm, replicate;
    bool operator==(const Region&) const = default;
  };

  /// Where a table of features has what is asked of every row.
  struct Places {
    std::size_t arm, replicate, feature, ibsi_code, unit, value, reason;
    explicit Places(const Table& table)
        : arm(table.column("arm")),
          replicate(table.column("replicate")),
          feature(table.column("feature")),
          ibsi_code(table.column("ibsi_code")),
          unit(table.column("unit")),
          value(table.column("value")),
          reason(table.column("reason")) {}
  };

  /// A later case may have measured features that this sample's did not.
  void fill_up(evaluation::Sample& sample) const {
    const std::size_t all = study.features.size();
    sample.values.resize(all, std::numeric_limits<double>::quiet_NaN());
    if (!sample.reasons.empty()) sample.reasons.resize(all);
  }

  void declare(const Places& at, const Row& row) {
    const std::string& id = text(row, at.feature);
    if (!feature_.try_emplace(id, study.features.size()).second) return;
    study.features.push_back(
        {id, id.substr(0, id.find('.')), text(row, at.ibsi_code), text(row, at.unit)});
  }

  void take(const Places& places, const Row& row) {
    const double value = std::get<double>(row[places.value]);
    const std::string& reason = text(row, places.reason);
    const std::size_t feature = feature_.at(text(row, places.feature));
    const Region region{text(row, 0), text(row, 1), text(row, places.arm),
                        text(row, places.replicate)};
    if (region != last_) {  // its rows follow each other
      targets_ = targets_of(region);
      last_ = region;
    }
    for (const std::size_t target : targets_) {
      evaluation::Sample& sample = study.samples[target];
      sample.values[feature] = value;
      if (reason.empty()) continue;
      sample.reasons.resize(study.features.size());
      sample.reasons[feature] = reason;
    }
  }

  /// The samples that a lesion's values in an image are.
  std::vector<std::size_t> targets_of(const Region& region) {
    const auto known = lesion_.find({std::string(region.case_id), std::string(region.lesion)});
    require(known != lesion_.end(), Error::Kind::data, "a feature was measured in lesion '",
            region.lesion, "' of '", region.case_id, "', which the table of lesions does not have");
    const Index lesion = known->second;
    const std::string arm(region.arm), replicate(region.replicate);
    std::vector<std::size_t> targets;
    const auto put = [&](evaluation::Source source, Index at) {
      targets.push_back(sample_at(source, lesion, at, replicate));
    };
    if (replicate == "truth") {
      if (arm == "object") put(evaluation::Source::object_truth, evaluation::Sample::every_arm);
      for (Index i = 0; i < std::ssize(plan_.arms); ++i)  // each phase has an object of its own
        if (arm != "object" && arm == object_[std::size_t(i)])
          put(evaluation::Source::object_truth, i);
      return targets;
    }
    const Index index = arm_at(arm);
    if (replicate == "noiseless") {
      put(evaluation::Source::arm_truth, index);
      if (std::size_t(index) == plan_.reference)
        put(evaluation::Source::reference_truth, evaluation::Sample::every_arm);
    } else {
      const bool same_rays = replicate == Visit{}.name || replicate.starts_with("noise");
      put(same_rays ? evaluation::Source::scan : evaluation::Source::reposition, index);
    }
    return targets;
  }

  Index arm_at(const std::string& name) const {
    const auto found = std::ranges::find(plan_.arms, name, &Arm::name);
    require(found != plan_.arms.end(), Error::Kind::data, "a feature was measured in arm '", name,
            "', which the plan does not have");
    return found - plan_.arms.begin();
  }

  std::size_t sample_at(evaluation::Source source, Index lesion, Index arm,
                        const std::string& replicate) {
    const auto [at, added] =
        sample_.try_emplace({source, lesion, arm, replicate}, study.samples.size());
    if (added) {
      const double none = std::numeric_limits<double>::quiet_NaN();
      study.samples.push_back(
          {source, lesion, arm, std::vector<double>(study.features.size(), none), {}});
    }
    return at->second;
  }

  const Plan& plan_;
  std::string_view preprocessing_;
  std::vector<std::string> object_;  ///< of each arm: what it images
  std::map<std::pair<std::string, std::string>, Index> lesion_;
  std::unordered_map<std::string, std::size_t> feature_;
  Region last_;  ///< of the row before
  std::vector<std::size_t> targets_;
  std::map<std::tuple<evaluation::Source, Index, Index, std::string>, std::size_t> sample_;
};

/// The columns of the stability table that belong to each analysis, by how their names begin.
constexpr std::pair<std::string_view, std::string_view> columns_of[] = {
    {"icc", "icc_"},
    {"occc", "occc"},
    {"repeatability", "repeated_"},
    {"repeatability", "wsd"},
    {"repeatability", "rc"},
    {"repeatability", "wcv_"},
    {"reproducibility", "rdc"},
    {"reproducibility", "qcd"},
    {"friedman", "friedman_"},
    {"linearity", "linearity_"},
    {"feature_clusters", "cluster"},
    {"bias_vs_truth", "total_bias_"},
    {"bias_vs_truth", "bias_"},
    {"bias_vs_truth", "noise_bias_"},
    {"bias_vs_truth", "arm_bias_"},
    {"bias_vs_truth", "ccc_"},
    {"volume_correlation", "spearman_"},
    {"volume_correlation", "pearson_"},
};

/// The table without the columns of analyses that the scenario does not ask for.
Table asked_for(const Table& table, const std::vector<std::string>& analyses) {
  const auto unwanted = [&](const std::string& column) {
    for (const auto& [analysis, start] : columns_of)
      if (column.starts_with(start))
        return std::find(analyses.begin(), analyses.end(), analysis) == analyses.end();
    return false;
  };
  Table kept;
  std::vector<std::size_t> from;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    if (unwanted(table.columns[i])) continue;
    kept.columns.push_back(table.columns[i]);
    from.push_back(i);
  }
  for (const auto& row : table.rows) {
    std::vector<Table::Cell> cells;
    for (const std::size_t i : from) cells.push_back(row[i]);
    kept.add(std::move(cells));
  }
  return kept;
}

}  // namespace

namespace {

/// Agreement over perturbations of the mask, in the scans of one arm after the other: the
/// perturbations take the place of arms, and arms are never pooled.
std::vector<evaluation::RobustnessRow> robustness_of(const Plan& plan, const TrialResult& result,
                                                     const evaluation::Study& study,
                                                     const evaluation::StabilityOptions& options) {
  if (plan.scenario.measure.perturbations.empty()) return {};
  evaluation::Study empty;
  empty.features = study.features;
  empty.lesions = study.lesions;
  empty.arms.emplace_back(radiomics::Perturbation::unperturbed);
  for (const auto& p : plan.scenario.measure.perturbations) empty.arms.push_back(p.id);
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (Index lesion = 0; lesion < std::ssize(empty.lesions); ++lesion)
    for (Index level = 0; level < std::ssize(empty.arms); ++level)
      empty.samples.push_back({evaluation::Source::scan,
                               lesion,
                               level,
                               std::vector<double>(empty.features.size(), none),
                               {}});

  const auto places = [](const auto& things, auto&& key_of) {
    std::map<std::string, std::size_t> place;
    for (const auto& thing : things) place.emplace(key_of(thing), place.size());
    return place;
  };
  const auto lesion_of =
      places(empty.lesions, [](const evaluation::Lesion& l) { return str(l.patient, '/', l.id); });
  const auto level_of = places(empty.arms, [](const std::string& id) { return id; });
  const auto feature_of = places(empty.features, [](const evaluation::Feature& f) { return f.id; });
  std::map<std::string, evaluation::Study> studies;
  for (const Arm& arm : plan.arms) studies.emplace(arm.name, empty);
  result.cases.each([&](const CaseResult& one) {
    const Table& features = one.features;
    const std::size_t arm = features.column("arm"), replicate = features.column("replicate"),
                      id = features.column("feature"), value = features.column("value"),
                      perturbation = features.column("perturbation");
    const Condition unprocessed(features, "preprocessing", radiomics::Preprocessing::unprocessed);
    for (const auto& row : features.rows) {
      if (text(row, replicate) != Visit{}.name || !unprocessed.holds(row)) continue;
      const std::size_t sample =
          lesion_of.at(str(text(row, 0), '/', text(row, 1))) * empty.arms.size() +
          level_of.at(text(row, perturbation));
      studies.at(text(row, arm)).samples[sample].values[feature_of.at(text(row, id))] =
          std::get<double>(row[value]);
    }
  });
  std::vector<evaluation::RobustnessRow> rows;
  for (const Arm& each : plan.arms)
    for (auto& row : evaluation::robustness(studies.at(each.name), each.name, options))
      rows.push_back(std::move(row));
  return rows;
}

}  // namespace

Analysis analyse(const Plan& plan, const TrialResult& result,
                 FunctionRef<void(const CaseResult&)> also) {
  Analysis analysis;
  if (result.cases.empty()) return analysis;
  const auto& preprocessing = plan.scenario.measure.preprocessing;
  std::vector<StudyBuilder> studies;
  studies.reserve(1 + preprocessing.size());
  studies.emplace_back(plan, radiomics::Preprocessing::unprocessed);
  for (const radiomics::Preprocessing& how : preprocessing) studies.emplace_back(plan, how.name);
  result.cases.each([&](const CaseResult& one) {
    also(one);
    for (StudyBuilder& study : studies) study.add(one);
  });
  for (StudyBuilder& study : studies) study.finish();
  analysis.study = std::move(studies.front().study);
  evaluation::StabilityOptions options;
  options.seed = std::uint64_t(plan.scenario.trial.seed);
  const auto asked = [&](const char* what) { return asks_for(plan.scenario, what); };
  if (asked("random_arms")) options.arms = evaluation::Effect::random;
  analysis.rows = evaluation::stability(analysis.study, options);
  analysis.by_stratum = stability_by_stratum(plan, analysis.study, options);
  analysis.strata = asked_for(strata_table(analysis.by_stratum), plan.scenario.analyse);
  analysis.robust = robustness_of(plan, result, analysis.study, options);
  analysis.robustness = evaluation::robustness_table(analysis.robust);
  analysis.stability = asked_for(evaluation::stability_table(analysis.rows), plan.scenario.analyse);
  if (asked("bland_altman"))
    analysis.bland_altman = evaluation::bland_altman_table(analysis.rows, analysis.study.arms);
  if (asked("variance_components")) {
    analysis.variances = evaluation::variance_of(analysis.study);
    analysis.variance = evaluation::study_variance_table(analysis.variances);
  }
  if (asked("harmonisation")) analysis.harmonised = harmonise(plan, analysis.study, options);
  for (std::size_t p = 0; p < preprocessing.size(); ++p) {
    auto [comparison, runs] = compare_preprocessing(
        plan, preprocessing[p], {analysis.study, analysis.rows}, studies[p + 1].study, options);
    analysis.preprocessed.push_back(std::move(comparison));
    if (asked("harmonisation")) std::ranges::move(runs, std::back_inserter(analysis.harmonised));
  }
  analysis.preprocessing = preprocessing_table(analysis.preprocessed);
  analysis.harmonisation = harmonisation_table(analysis.harmonised);
  if (asked("known_signal")) {
    analysis.signal = known_signal(plan, analysis.study, studies.front().drawn);
    analysis.known_signal = evaluation::signal_table(*analysis.signal);
  }
  if (!asked("bias_vs_truth")) return analysis;
  analysis.bias = evaluation::arm_bias_table(analysis.rows, analysis.study.arms);
  const ContextOfUse& context = plan.scenario.trial.context_of_use;
  std::vector<evaluation::StabilityRow> concerned;
  std::ranges::copy_if(analysis.rows, std::back_inserter(concerned),
                       [&](const auto& row) { return context.concerns(row.feature); });
  analysis.verdicts = evaluation::judge(concerned, analysis.study.arms, context.tolerance());
  analysis.verdict = evaluation::verdict_table(analysis.verdicts);
  return analysis;
}

}  // namespace vitrine::trial

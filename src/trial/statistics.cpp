#include "vitrine/trial/statistics.hpp"

#include <algorithm>
#include <set>

#include "vitrine/trial/arm_factors.hpp"

namespace vitrine::trial {
namespace {

/// All that arms can differ in.
std::vector<std::string> factor_names() {
  std::vector<std::string> names{"scanner", "site"};
  for (const FieldInfo& field : Factors::schema().fields()) names.push_back(field.key);
  return names;
}

std::vector<std::string> covariate_names() {
  std::vector<std::string> names = factor_names();
  names.insert(names.begin(), {"volume", "stratum"});
  return names;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::ranges::find(names, name) != names.end();
}

std::vector<evaluation::ArmFactor> factors_of(const Scenario& written, const Value& node) {
  Scenario scenario = written;
  Diagnostics others;  // reported where they belong
  check_sites(scenario, node, others);
  if (!others.ok()) return {};
  try {
    const auto sites = install_sites(scenario);
    const auto all = enumerate_arms(scenario.arms, std::uint64_t(scenario.trial.seed));
    return arm_factors(scenario.arms, all, sites, scenario.statistics.random);
  } catch (const Error&) {
    return {};
  }
}

/// The node of a key, or of the block that could hold it.
const Value& at(const Value& block, const char* key) {
  const Value* found = block.find(key);
  return found ? *found : block;
}

void check_harmonisation(const Scenario& s, const Value& node, const Value& root,
                         Diagnostics& problems) {
  const HarmonisationSettings& settings = *s.statistics.harmonisation;
  const std::string batch = batch_of(s.statistics, !s.arms.sites.empty());
  if (contains(settings.covariates, batch))
    problems.error(at(node, "covariates").where,
                   str("'", batch, "' is the batch itself, whose effect is to be taken away"));
  const auto& strata = s.patients.strata;
  const auto is_stratum = [&](const std::string& name) {
    return std::ranges::any_of(strata, [&](const auto& stratum) { return stratum.name == name; });
  };
  if (!settings.label.empty() && !is_stratum(settings.label))
    problems.error(at(node, "label").where,
                   str("there is no stratum '", settings.label, "' in patients.strata"));
  if (contains(settings.covariates, "stratum") && strata.empty())
    problems.error(at(node, "covariates").where,
                   "'stratum' needs patients.strata, and there are none");
  if (settings.reference.empty()) return;
  const auto factors = factors_of(s, root);
  const auto factor = std::ranges::find(factors, batch, &evaluation::ArmFactor::name);
  if (factor == factors.end() || contains(factor->level, settings.reference)) return;
  const std::set<std::string> levels(factor->level.begin(), factor->level.end());
  problems.error(at(node, "reference").where,
                 str("there is no ", batch, " '", settings.reference, "'.",
                     suggestion(settings.reference, {levels.begin(), levels.end()})));
}

}  // namespace

const Schema<HarmonisationSettings>& HarmonisationSettings::schema() {
  static const auto s =
      Schema<HarmonisationSettings>("harmonisation",
                                    "ComBat, judged in patients that it was not fitted to")
          .optional("batch", &HarmonisationSettings::batch,
                    "the factor whose levels are brought together (site where there are sites, "
                    "else scanner)")
          .one_of(factor_names())
          .optional("methods", &HarmonisationSettings::methods,
                    "empirical Bayes with a parametric or nonparametric prior, without it, or for "
                    "offsets alone; each is judged")
          .one_of(combat_methods())
          .optional("reference", &HarmonisationSettings::reference,
                    "level that the others are brought to, itself untouched (towards all if "
                    "nothing is said)")
          .optional("covariates", &HarmonisationSettings::covariates,
                    "what has an effect that is kept: the true volume, the stratum, or another "
                    "factor")
          .one_of(covariate_names())
          .optional("label", &HarmonisationSettings::label,
                    "stratum that features should tell from the others: the area under the ROC "
                    "curve is given before and after")
          .optional("folds", &HarmonisationSettings::folds,
                    "of patients: each fold is harmonised by a fit to the others")
          .between(2, 100)
          .optional("smallest_batch", &HarmonisationSettings::smallest_batch,
                    "lesions that a batch must have")
          .between(10, 1000000)
          .rule("methods must list at least one",
                [](const HarmonisationSettings& h) { return !h.methods.empty(); });
  return s;
}

const Schema<Statistics>& Statistics::schema() {
  static const auto s =
      Schema<Statistics>("statistics", "How the statistics are computed")
          .optional("random", &Statistics::random,
                    "factors whose levels are a sample of many, so that what is said holds for "
                    "levels that were not scanned; the others are fixed, chosen ones")
          .one_of(factor_names())
          .optional("harmonisation", &Statistics::harmonisation, "how features are harmonised")
          .optional("known_signal", &Statistics::known_signal,
                    "how a classifier looks for a label that lesions were given");
  return s;
}

const std::vector<std::string>& combat_methods() {
  static const std::vector<std::string> all{"parametric", "nonparametric", "without_eb",
                                            "mean_only"};
  return all;
}

std::string batch_of(const Statistics& statistics, bool has_sites) {
  const auto& settings = statistics.harmonisation;
  if (settings && !settings->batch.empty()) return settings->batch;
  return has_sites ? "site" : "scanner";
}

bool asks_for(const Scenario& scenario, const char* statistic) {
  return std::ranges::find(scenario.analyse, statistic) != scenario.analyse.end();
}

void check_statistics(const Scenario& s, const Value& root, Diagnostics& problems) {
  if (asks_for(s, "known_signal") && !s.statistics.known_signal)
    problems.error(at(root, "analyse").where,
                   "known_signal needs a label (the stratum that is to be told from the others). "
                   "Add statistics: {known_signal: {label: STRATUM}}");
  if (asks_for(s, "known_signal") && !s.arms.noiseless)
    problems.error(at(root, "analyse").where,
                   "known_signal compares with images without noise, which are not made "
                   "(arms.noiseless is false). Make them");
  const Value* node = root.find("statistics");
  if (node == nullptr) return;
  const Statistics& statistics = s.statistics;
  if (!statistics.random.empty() && asks_for(s, "random_arms"))
    problems.error(at(*node, "random").where,
                   "random goes without random_arms in analyse, which declares the arms "
                   "themselves a sample. Name the factors, or leave them out");
  if (s.arms.sites.empty() &&
      (contains(statistics.random, "site") ||
       (statistics.harmonisation && statistics.harmonisation->batch == "site")))
    problems.error(node->where, "statistics names 'site', and there are no arms.sites");
  if (!s.arms.sites.empty() && contains(statistics.random, "scanner") &&
      !contains(statistics.random, "site"))
    problems.error(at(*node, "random").where,
                   "scanners are random and their sites are not (arms are of sites). Name site, "
                   "or both");
  if (statistics.known_signal) {
    const Value& block = at(*node, "known_signal");
    if (!asks_for(s, "known_signal"))
      problems.error(block.where, "nothing is classified. Add known_signal to analyse");
    check_known_signal(s, block, problems);
  }
  if (!statistics.harmonisation) return;
  const Value& block = at(*node, "harmonisation");
  if (!asks_for(s, "harmonisation"))
    problems.error(block.where, "nothing is harmonised. Add harmonisation to analyse");
  check_harmonisation(s, block, root, problems);
}

}  // namespace vitrine::trial

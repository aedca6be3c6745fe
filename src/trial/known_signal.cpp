#include "vitrine/trial/known_signal.hpp"

#include <algorithm>
#include <utility>

#include "vitrine/core/distribution.hpp"
#include "vitrine/evaluation/roc.hpp"
#include "vitrine/trial/detail/feature_names.hpp"
#include "vitrine/trial/detail/scan_rows.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {
namespace {

using evaluation::Sample;
using evaluation::Source;
using evaluation::Study;

/// Strengths of texture that a class of lesions is drawn from, with the lesions expected of each.
using Mixture = std::vector<std::pair<double, Distribution>>;

/// Probability that a draw of `a` exceeds one of `b`, ties half: the area under the ROC curve of
/// their values at even steps of probability.
double exceedance(const Distribution& a, const Distribution& b) {
  constexpr Index steps = 10'000;
  std::vector<double> values;
  std::vector<bool> label;
  evaluation::Clusters classes{{{}, {}}};
  for (const Distribution* from : {&a, &b})
    for (Index i = 0; i < steps; ++i) {
      classes.rows[from == &a ? 1 : 0].push_back(std::ssize(values));
      values.push_back(from->quantile((double(i) + 0.5) / double(steps)));
      label.push_back(from == &a);
    }
  return evaluation::roc_area(values, label, classes, std::vector<Index>(values.size(), 0)).value;
}

double weight_of(const Mixture& mixture) {
  double sum = 0.0;
  for (const auto& [weight, from] : mixture) sum += weight;
  return sum;
}

void put(const Sample& sample, const std::vector<std::size_t>& features, Eigen::MatrixXd& to,
         Index row) {
  for (std::size_t f = 0; f < features.size(); ++f) to(row, Index(f)) = sample.values[features[f]];
}

evaluation::SignalCases cases_of(const Plan& plan, const Study& study, const DrawnTextures& drawn,
                                 const KnownSignalSettings& settings) {
  evaluation::SignalCases cases;
  cases.arms = study.arms;
  std::vector<std::size_t> features;
  for (std::size_t f = 0; f < study.features.size(); ++f)
    if (detail::is_wanted(study.features[f], settings.features)) {
      features.push_back(f);
      cases.features.push_back(study.features[f].id);
    }
  const detail::FirstSamples samples(study);
  const Index arms = std::ssize(study.arms);
  std::vector<Index> lesions;
  for (Index i = 0; i < std::ssize(study.lesions); ++i) {
    bool whole = samples(Source::object_truth, i, 0) != nullptr;
    for (Index arm = 0; arm < arms; ++arm)
      whole = whole && samples(Source::scan, i, arm) && samples(Source::arm_truth, i, arm);
    if (whole) lesions.push_back(i);
  }
  cases.object.resize(std::ssize(lesions), std::ssize(features));
  cases.noiseless.assign(study.arms.size(), cases.object);
  cases.scanned = cases.noiseless;
  for (Index row = 0; row < std::ssize(lesions); ++row) {
    const Index i = lesions[std::size_t(row)];
    const evaluation::Lesion& lesion = study.lesions[std::size_t(i)];
    cases.patient.push_back(lesion.patient);
    cases.label.push_back(phantoms::stratum_name(plan.scenario.patients, lesion.patient) ==
                          settings.label);
    if (const auto known = drawn.find({lesion.patient, lesion.id}); known != drawn.end())
      cases.latent.push_back(known->second);
    put(*samples(Source::object_truth, i, 0), features, cases.object, row);
    for (Index arm = 0; arm < arms; ++arm) {
      put(*samples(Source::arm_truth, i, arm), features, cases.noiseless[std::size_t(arm)], row);
      put(*samples(Source::scan, i, arm), features, cases.scanned[std::size_t(arm)], row);
    }
  }
  if (cases.latent.size() < cases.label.size()) cases.latent.clear();
  if (!cases.latent.empty())
    cases.population = population_area(plan.scenario.patients, settings.label);
  return cases;
}

}  // namespace

const Schema<KnownSignalSettings>& KnownSignalSettings::schema() {
  static const auto s =
      Schema<KnownSignalSettings>("known_signal",
                                  "How much of a label that lesions were given a classifier finds")
          .required("label", &KnownSignalSettings::label,
                    "the stratum whose lesions are to be told from those of the others")
          .optional("features", &KnownSignalSettings::features,
                    "feature families, or single features, of those that are measured (all if "
                    "nothing is said)")
          .optional("penalty", &KnownSignalSettings::penalty,
                    "of the logistic regression's coefficients: squares, absolute values, or half "
                    "of each; its strength is chosen in the training folds")
          .one_of({"ridge", "elastic_net", "lasso"})
          .optional("folds", &KnownSignalSettings::folds, "of patients, outer and inner")
          .between(2, 20)
          .optional(
              "repeats", &KnownSignalSettings::repeats,
              "of the cross-validation, each with other folds and other sites of the patients")
          .between(2, 200)
          .optional("confounding", &KnownSignalSettings::confounding,
                    "share of the label's patients at the first half of the arms in the confounded "
                    "rungs; as many of the others are at the second half")
          .between(0.5, 1)
          .optional("threshold", &KnownSignalSettings::threshold,
                    "probability from which on a lesion is called, for sensitivity and specificity")
          .between(0.001, 0.999);
  return s;
}

std::optional<double> population_area(const phantoms::Cohort& cohort, const std::string& label) {
  if (!phantoms::draws_heterogeneity(cohort)) return std::nullopt;
  const auto sizes = phantoms::stratum_sizes(cohort);
  Mixture with, without;
  for (std::size_t s = 0; s < cohort.strata.size(); ++s) {
    const phantoms::CohortStratum& stratum = cohort.strata[s];
    Mixture& mine = stratum.name == label ? with : without;
    for (const phantoms::LesionSpec& lesion : stratum.lesions.value_or(cohort.lesions))
      mine.emplace_back(double(sizes[s]) * lesion.count.mean(),
                        lesion.texture ? lesion.texture->heterogeneity() : Distribution(0.0));
  }
  const double pairs = weight_of(with) * weight_of(without);
  if (!(pairs > 0.0)) return std::nullopt;
  double area = 0.0;
  for (const auto& [a, above] : with)
    for (const auto& [b, below] : without) area += a * b / pairs * exceedance(above, below);
  return area;
}

evaluation::SignalLadder known_signal(const Plan& plan, const Study& study,
                                      const DrawnTextures& drawn) {
  const KnownSignalSettings& settings = *plan.scenario.statistics.known_signal;
  const double mixing = settings.penalty == "ridge" ? 0.0 : settings.penalty == "lasso" ? 1.0 : 0.5;
  return evaluation::signal_ladder(cases_of(plan, study, drawn, settings),
                                   {.mixing = mixing,
                                    .folds = settings.folds,
                                    .repeats = settings.repeats,
                                    .confounding = settings.confounding,
                                    .threshold = settings.threshold,
                                    .seed = std::uint64_t(plan.scenario.trial.seed)});
}

void check_known_signal(const Scenario& s, const Value& block, Diagnostics& problems) {
  const KnownSignalSettings& settings = *s.statistics.known_signal;
  const auto place = [&](const char* key) {
    const Value* there = block.find(key);
    return there ? there->where : block.where;
  };
  const auto& strata = s.patients.strata;
  std::vector<std::string> names;
  for (const auto& stratum : strata) names.push_back(stratum.name);
  if (std::ranges::find(names, settings.label) == names.end())
    problems.error(place("label"), str("there is no stratum '", settings.label,
                                       "' in patients.strata.", suggestion(settings.label, names)));
  else if (names.size() == 1)
    problems.error(place("label"),
                   "every patient is of this stratum (a label is told from its absence). Add "
                   "another stratum");
  else if (s.simulation.quality != "draft") {
    const auto sizes = phantoms::stratum_sizes(s.patients);
    std::int64_t with = 0, without = 0;
    for (std::size_t i = 0; i < sizes.size(); ++i)
      (names[i] == settings.label ? with : without) += sizes[i];
    if (std::min(with, without) < evaluation::fewest_of_a_class)
      problems.error(place("label"), str(with, " patient(s) with the label and ", without,
                                         " without are too few to learn from. Use at least ",
                                         evaluation::fewest_of_a_class, " of each, better 150"));
  }
  detail::check_measured(settings.features, s.measure.features, "", block, problems);
}

}  // namespace vitrine::trial

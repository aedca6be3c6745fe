#include "vitrine/evaluation/study_variance.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine::evaluation {
namespace {

constexpr const char* patient_name = "patient";
constexpr const char* lesion_name = "lesion";

/// Rows of a study as a mixed model takes them.
struct StudyRows {
  MixedModel model;
  Eigen::MatrixXd values;
};

/// What a lesion is called among all patients' lesions.
MixedModel subjects_of(const Study& study, const std::vector<const Sample*>& rows) {
  Factor patient{patient_name, {}}, lesion{"within", {}};
  std::set<std::string> patients;
  std::set<Index> lesions;
  for (const Sample* row : rows) {
    const Lesion& its = study.lesions[std::size_t(row->lesion)];
    patient.level.push_back(its.patient);
    lesion.level.push_back(to_text(double(row->lesion)));
    patients.insert(its.patient);
    lesions.insert(row->lesion);
  }
  MixedModel model;
  model.subjects.emplace_back(patient_name);
  Factor nested = combined(patient, lesion, lesion_name);
  model.factors.push_back(std::move(patient));
  if (lesions.size() > patients.size()) {
    model.subjects.emplace_back(lesion_name);
    model.factors.push_back(std::move(nested));
  }
  return model;
}

StudyRows rows_of(const Study& study, std::span<const ArmFactor> factors,
                  const std::vector<const Sample*>& samples,
                  std::span<const std::size_t> features) {
  StudyRows rows{subjects_of(study, samples), {}};
  for (const ArmFactor& factor : factors) {
    if (factor.kind == Effect::fixed && !factor.number.empty()) {
      Covariate covariate{factor.name, {}};
      for (const Sample* s : samples) covariate.value.push_back(factor.number[std::size_t(s->arm)]);
      rows.model.covariates.push_back(std::move(covariate));
      continue;
    }
    Factor levels{factor.name, {}, factor.kind, {}};
    for (const Sample* s : samples) levels.level.push_back(factor.level[std::size_t(s->arm)]);
    rows.model.factors.push_back(std::move(levels));
  }
  rows.values.resize(std::ssize(samples), std::ssize(features));
  for (Index i = 0; i < rows.values.rows(); ++i)
    for (Index f = 0; f < rows.values.cols(); ++f)
      rows.values(i, f) = samples[std::size_t(i)]->values[features[std::size_t(f)]];
  return rows;
}

/// Sum of squares about the mean over count - 1 of effects of which the first is 0, less what
/// errors with this covariance add to its expectation.
double spread(const Eigen::VectorXd& effects, const Eigen::MatrixXd& covariance) {
  const Index levels = effects.size() + 1;
  const double mean = effects.sum() / double(levels);
  const double squares = (effects.array() - mean).square().sum() + mean * mean;
  const double errors = covariance.trace() - covariance.sum() / double(levels);
  return std::max(0.0, (squares - errors) / double(levels - 1));
}

double variance_of_numbers(const std::vector<double>& numbers) {
  const Eigen::Map<const Eigen::VectorXd> x(numbers.data(), std::ssize(numbers));
  return (x.array() - x.mean()).square().sum() / double(x.size() - 1);
}

/// Why the model left a fixed factor out, or "".
std::string left_out(const VarianceComponents& fit, const std::string& name) {
  for (const std::string& note : fit.notes)
    if (note.starts_with(name + ": ")) return note.substr(name.size() + 2);
  return "";
}

/// A fixed factor's variance. `fit` holds effects against its first level, or its slope.
VarianceShare fixed_share(const ArmFactor& factor, const VarianceComponents& fit) {
  VarianceShare share{factor.name, Effect::fixed, 0, {}, {}};
  std::string why = left_out(fit, factor.name);
  if (why.empty() && fit.effects.empty()) why = fit.components.back().variance.reason;
  if (!why.empty()) {
    share.variance = share.share = Estimate::withheld(why);
    return share;
  }
  std::vector<Index> own;
  const bool slope = !factor.number.empty();
  for (Index j = 0; j < std::ssize(fit.effects); ++j) {
    const std::string& name = fit.effects[std::size_t(j)].name;
    if (slope ? name == factor.name : name.starts_with(factor.name + '=')) own.push_back(j);
  }
  VITRINE_EXPECT(!own.empty());
  const Eigen::MatrixXd covariance = fit.effect_covariance(own, own);
  Eigen::VectorXd effects(std::ssize(own));
  for (Index j = 0; j < effects.size(); ++j)
    effects[j] = fit.effects[std::size_t(own[std::size_t(j)])].value;
  share.levels = slope ? std::ssize(factor.number) : effects.size() + 1;
  share.variance.value = slope ? std::max(0.0, effects[0] * effects[0] - covariance(0, 0)) *
                                     variance_of_numbers(factor.number)
                               : spread(effects, covariance);
  share.variance.reason = "no interval: its levels were chosen";
  return share;
}

/// Sum of the variances of the random factors and the residual.
double random_total(const VarianceComponents& fit) {
  const VarianceComponent& residual = fit.components.back();
  if (residual.share.value > 0.0) return residual.variance.value / residual.share.value;
  double sum = 0.0;
  for (const VarianceComponent& c : fit.components)
    if (c.variance.has_value()) sum += c.variance.value;
  return sum;
}

Estimate of_all(const Estimate& share, double value, bool fixed_in_sum) {
  if (!fixed_in_sum) return share;
  if (!std::isfinite(value)) return Estimate::withheld("every variance is zero");
  Estimate result;
  result.value = value;
  result.reason = "no interval: fixed factors are in the sum";
  return result;
}

FeatureVariance described(const std::string& feature, std::span<const ArmFactor> factors,
                          const VarianceComponents& fit) {
  FeatureVariance result{feature, {}, {}, fit.notes, fit.rows, fit.missing};
  const auto component = [&](const std::string& name) -> const VarianceComponent* {
    for (const VarianceComponent& c : fit.components)
      if (c.factor == name) return &c;
    return nullptr;
  };
  const auto add = [&](const VarianceComponent* c) {
    if (c) result.shares.push_back({c->factor, Effect::random, c->levels, c->variance, c->share});
  };
  add(component(patient_name));
  add(component(lesion_name));
  bool fixed_in_sum = false;
  double total = random_total(fit);
  for (const ArmFactor& factor : factors) {
    if (factor.kind == Effect::random) {
      add(component(factor.name));
      continue;
    }
    result.shares.push_back(fixed_share(factor, fit));
    const Estimate& variance = result.shares.back().variance;
    fixed_in_sum |= variance.has_value();
    if (variance.has_value()) total += variance.value;
  }
  add(&fit.components.back());
  for (VarianceShare& share : result.shares)
    if (share.variance.has_value())
      share.share = of_all(share.share, share.variance.value / total, fixed_in_sum);
  result.subjects = fit.subject_share;
  if (result.subjects.has_value())
    result.subjects = of_all(fit.subject_share, fit.subject_share.value * random_total(fit) / total,
                             fixed_in_sum);
  return result;
}

void check(const Study& study) {
  for (const ArmFactor& factor : study.factors)
    require(factor.level.size() == study.arms.size() &&
                (factor.number.empty() || factor.number.size() == study.arms.size()),
            Error::Kind::data, "the factor '", factor.name, "' has ", factor.level.size(),
            " levels (the study has ", study.arms.size(), " arms)");
}

}  // namespace

std::vector<FeatureVariance> variance_of(const Study& study, const VarianceOptions& options) {
  check(study);
  std::vector<const Sample*> samples;
  for (const Sample& s : study.samples)
    if (s.source == Source::scan || s.source == Source::reposition) samples.push_back(&s);
  std::vector<std::size_t> all(study.features.size());
  for (std::size_t f = 0; f < all.size(); ++f) all[f] = f;
  const StudyRows rows = rows_of(study, study.factors, samples, all);
  const auto fits = variance_components(rows.model, rows.values, options);
  std::vector<FeatureVariance> results;
  for (std::size_t f = 0; f < fits.size(); ++f)
    results.push_back(described(study.features[f].id, study.factors, fits[f]));
  return results;
}

std::vector<Estimate> agreement_by_reml(const Study& study, std::span<const std::size_t> features,
                                        double confidence) {
  check(study);
  std::vector<ArmFactor> factors;
  for (const ArmFactor& factor : study.factors)
    if (factor.kind == Effect::random) factors.push_back(factor);
  if (factors.empty()) factors.push_back({"arm", study.arms, Effect::random});
  std::string why;
  for (const ArmFactor& factor : factors) {
    const std::set<std::string> levels(factor.level.begin(), factor.level.end());
    if (why.empty() && std::ssize(levels) < fewest_levels)
      why =
          str("no interval from ", levels.size(), " random level(s) of ", factor.name,
              ": at least ", fewest_levels, " needed, the variance between so few is hardly known");
  }
  std::vector<const Sample*> first;
  std::set<std::pair<Index, Index>> seen;
  for (const Sample& s : study.samples)
    if (s.source == Source::scan && seen.emplace(s.lesion, s.arm).second) first.push_back(&s);
  const StudyRows rows = rows_of(study, factors, first, features);
  std::vector<Estimate> results;
  for (const auto& fit : variance_components(
           rows.model, rows.values,
           {.intervals = why.empty(), .of_subjects_alone = true, .confidence = confidence})) {
    Estimate icc = fit.subject_share;
    if (icc.has_value() && !why.empty()) icc.reason = why;
    results.push_back(std::move(icc));
  }
  return results;
}

Table study_variance_table(std::span<const FeatureVariance> results) {
  Table table;
  table.columns = {"feature",      "source",        "effect", "levels",    "rows",       "variance",
                   "variance_low", "variance_high", "share",  "share_low", "share_high", "notes"};
  const double none = std::numeric_limits<double>::quiet_NaN();
  for (const FeatureVariance& v : results) {
    const auto row = [&](const std::string& source, const char* effect, double levels,
                         const Estimate& variance, const Estimate& share, std::string notes) {
      table.add({v.feature, source, effect, levels, double(v.rows), variance.value, variance.low,
                 variance.high, share.value, share.low, share.high, std::move(notes)});
    };
    for (const VarianceShare& s : v.shares)
      row(s.source, s.kind == Effect::fixed ? "fixed" : "random", double(s.levels), s.variance,
          s.share, reasons(s.variance, s.share));
    row("subjects", "random", none, Estimate{}, v.subjects, v.subjects.reason);
  }
  return table;
}

}  // namespace vitrine::evaluation

#include "vitrine/evaluation/verdict.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/evaluation/precision.hpp"

namespace vitrine::evaluation {
namespace {

Verdict compare(const Estimate& estimate, double low, double high) {
  if (!estimate.has_interval()) return Verdict::withheld;
  if (estimate.low >= low && estimate.high <= high) return Verdict::fit;
  return estimate.high < low || estimate.low > high ? Verdict::unfit : Verdict::undecided;
}

/// The verdict, with the reason of what is withheld.
Judgement judged(const Estimate& estimate, double low, double high) {
  Judgement judgement;
  judgement.verdict = compare(estimate, low, high);
  if (judgement.verdict == Verdict::withheld)
    judgement.reason = estimate.reason.empty() ? "no interval" : estimate.reason;
  return judgement;
}

constexpr const char* too_many = "more than 100000 patients would be needed";

std::string more(Index needed, Index there) {
  const Index further = std::max<Index>(needed - there, 1);
  return str("about ", further, further == 1 ? " more patient" : " more patients");
}

/// How many patients, at the spread seen, bring the interval of an undecided bias inside.
void look_ahead(Judgement& judgement, const Bias& bias, double limit) {
  const double sd = bias.relative_error * std::sqrt(double(bias.patients));
  const double value = bias.relative.value, excess = std::fabs(value) - limit;
  if (excess < 0.0) {
    if (const auto needed = patients_for_equivalence(value, sd, limit))
      judgement.further_patients = std::max<Index>(*needed - bias.patients, 1);
    else
      judgement.reason = too_many;
    return;
  }
  judgement.reason =
      "the bias seen is at or beyond the limit: no number of patients makes such a bias fit";
  if (const auto needed = patients_for_difference(excess, sd))
    judgement.reason += str("; ", more(*needed, bias.patients), " would show it unfit");
}

/// The same of a statistic with one limit, on a scale where its error falls with the root of the
/// patients: the end of the interval that has to clear the limit must come nearer.
void look_ahead(Judgement& judgement, double value, double end, double limit, Index patients,
                bool inside) {
  const double z_interval = math::normal_quantile(0.975);
  const double z_power = math::normal_quantile(planned_power);
  if (!inside) {
    judgement.reason =
        "the value seen is at or beyond the limit: no number of patients makes such a value fit";
    return;
  }
  const double ratio = (z_interval + z_power) / z_interval * (value - end) / (value - limit);
  const double needed = std::ceil(double(patients) * ratio * ratio);
  if (!(needed <= double(most_patients)))
    judgement.reason = too_many;
  else
    judgement.further_patients = std::max<Index>(Index(needed) - patients, 1);
}

Finding bias_of(const Biases& biases, const std::string& arm, const Tolerance& tolerance) {
  const Bias& bias =
      tolerance.against == Tolerance::Against::object ? biases.total : biases.reference;
  Finding finding{.criterion = "bias",
                  .arm = arm,
                  .estimate = bias.relative,
                  .low = -tolerance.bias,
                  .high = tolerance.bias,
                  .patients = bias.patients,
                  .lesions = bias.lesions,
                  .judgement = judged(bias.relative, -tolerance.bias, tolerance.bias)};
  if (finding.judgement.verdict == Verdict::undecided)
    look_ahead(finding.judgement, bias, tolerance.bias);
  return finding;
}

Finding agreement_of(const StabilityRow& row, std::size_t arms, double least) {
  Finding finding{.criterion = "icc",
                  .arm = {},
                  .estimate = row.icc,
                  .low = least,
                  .patients = row.patients,
                  .lesions = row.lesions,
                  .judgement = judged(row.icc, least, INFINITY)};
  if (finding.judgement.verdict == Verdict::undecided) {
    const Scale scale = Scale::between(-1.0 / (double(arms) - 1.0), 1.0);
    look_ahead(finding.judgement, scale.to(row.icc.value), scale.to(row.icc.low), scale.to(least),
               row.patients, row.icc.value > least);
  }
  return finding;
}

Finding repeatability_of(const StabilityRow& row, double most) {
  const Estimate& wcv = row.repeatability.within_cv_log;
  Finding finding{.criterion = "wcv",
                  .arm = {},
                  .estimate = wcv,
                  .high = most,
                  .patients = row.patients,
                  .lesions = row.repeatability.lesions,
                  .judgement = judged(wcv, -INFINITY, most)};
  if (finding.judgement.verdict == Verdict::undecided)
    look_ahead(finding.judgement, math::log(wcv.value), math::log(wcv.high), math::log(most),
               row.patients, wcv.value < most);
  return finding;
}

/// How much of the way to its limit an interval goes: more than 1 is beyond it.
double nearness(const Finding& f) {
  if (!f.estimate.has_interval()) return INFINITY;
  if (f.criterion == "icc") return (1.0 - f.estimate.low) / (1.0 - f.low);
  return std::max(std::fabs(f.estimate.low), std::fabs(f.estimate.high)) / f.high;
}

/// The feature is as good as its worst finding.
void sum_up(FeatureVerdict& feature) {
  const auto& findings = feature.findings;
  for (const Verdict verdict :
       {Verdict::unfit, Verdict::withheld, Verdict::undecided, Verdict::fit}) {
    const Finding* worst = nullptr;
    // Of the undecided the one that takes most patients, or for which none are enough.
    const auto weight = [&](const Finding& f) {
      if (verdict != Verdict::undecided) return nearness(f);
      const auto& further = f.judgement.further_patients;
      return further ? double(*further) : INFINITY;
    };
    for (const Finding& finding : findings)
      if (finding.judgement.verdict == verdict &&
          (worst == nullptr || weight(finding) > weight(*worst)))
        worst = &finding;
    if (worst == nullptr) continue;
    feature.overall = worst->judgement;
    feature.deciding = std::size_t(worst - findings.data());
    break;
  }
  if (feature.overall.verdict == Verdict::fit && feature.same_in_all_arms)
    feature.overall.reason = "the same in every arm";
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::fit:
      return "fit";
    case Verdict::undecided:
      return "undecided";
    case Verdict::unfit:
      return "unfit";
    case Verdict::withheld:
      break;
  }
  return "withheld";
}

std::vector<FeatureVerdict> judge(std::span<const StabilityRow> rows,
                                  std::span<const std::string> arms, const Tolerance& tolerance) {
  for (const StabilityRow& row : rows)
    require(row.arm_bias.size() == arms.size(), Error::Kind::data, "feature '", row.feature.id,
            "' has biases of ", row.arm_bias.size(), " arms (the study has ", arms.size(), ")");
  std::vector<FeatureVerdict> verdicts(rows.size());
  parallel_for(std::ssize(rows), [&](Index i) {
    const StabilityRow& row = rows[std::size_t(i)];
    FeatureVerdict& verdict = verdicts[std::size_t(i)];
    verdict.feature = row.feature;
    verdict.same_in_all_arms = row.same_in_all_arms;
    for (std::size_t arm = 0; arm < arms.size(); ++arm)
      verdict.findings.push_back(bias_of(row.arm_bias[arm], arms[arm], tolerance));
    if (tolerance.icc) verdict.findings.push_back(agreement_of(row, arms.size(), *tolerance.icc));
    if (tolerance.within_cv)
      verdict.findings.push_back(repeatability_of(row, *tolerance.within_cv));
    sum_up(verdict);
  });
  return verdicts;
}

}  // namespace vitrine::evaluation

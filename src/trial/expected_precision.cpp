#include "vitrine/trial/expected_precision.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/precision.hpp"
#include "vitrine/evaluation/repeatability.hpp"

namespace vitrine::trial {
namespace {

// Relative biases of lesions spread by some per cent for first-order features of large nodules and
// by tens for texture; agreement is planned for at the limits of good and excellent (Koo & Li
// 2016).
constexpr double planned_spreads[] = {0.05, 0.1, 0.2};
constexpr double planned_iccs[] = {0.75, 0.9};

/// Lesions that a patient can be expected to have, one at least.
double lesions_per_patient(const phantoms::Cohort& cohort) {
  double sum = 0.0;
  for (const phantoms::LesionSpec& spec : cohort.lesions)
    sum += std::clamp(spec.count.mean(), spec.count.lowest(), spec.count.highest());
  return std::max(1.0, sum);
}

}  // namespace

std::optional<ExpectedPrecision> expected_precision(const Plan& plan) {
  const Scenario& scenario = plan.scenario;
  const bool any = std::ranges::any_of(scenario.patients.lesions,
                                       [](const auto& spec) { return spec.count.highest() >= 1; });
  if (!any) return {};
  ExpectedPrecision expected;
  const Index n = expected.patients = std::ssize(plan.cases);
  const double m = expected.lesions_per_patient = lesions_per_patient(scenario.patients);
  expected.design_effect = evaluation::design_effect(m, expected.correlation);
  expected.limit = scenario.trial.context_of_use.acceptable_bias;
  const double effective = double(n) * m / expected.design_effect;  // independent lesions
  if (n >= evaluation::fewest_patients)
    for (const double sd : planned_spreads) {
      // The spread of patients' means.
      const double between = sd * std::sqrt(expected.design_effect / m);
      expected.bias.push_back(
          {sd, evaluation::mean_half_width(between, n),
           evaluation::patients_for_equivalence(0.0, between, expected.limit),
           evaluation::patients_for_equivalence(0.5 * expected.limit, between, expected.limit)});
    }
  const Index arms = std::ssize(plan.arms);
  if (arms >= 2 && n >= evaluation::fewest_patients)
    for (const double icc : planned_iccs)
      expected.icc.push_back({icc, evaluation::icc_half_width(icc, effective, arms)});
  const auto repeats = double(scenario.arms.repeat.count);
  if (repeats >= 2.0 && n >= evaluation::fewest_patients) {
    expected.repeat_degrees = effective * (repeats - 1.0);
    const auto interval = evaluation::within_sd_chi_square(1.0, expected.repeat_degrees);
    expected.wcv_low = interval.low;
    expected.wcv_high = interval.high;
  }
  return expected;
}

}  // namespace vitrine::trial

#pragma once
#include <optional>
#include <vector>

#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// How wide the intervals of a trial will be, under assumptions that stand beside them
/// (docs/methods/statistics.md): what a plan can say before a ray is traced.
struct ExpectedPrecision {
  /// If the relative biases of lesions spread by `sd`.
  struct OfBias {
    double sd = 0.0;          ///< standard deviation between lesions, a fraction
    double half_width = 0.0;  ///< of the 95 % interval, a fraction
    /// To find a feature fit whose true bias is 0, or half the limit, with 80 % probability.
    std::optional<Index> patients_without_bias, patients_with_bias;
  };
  struct OfAgreement {
    double icc = 0.0;
    double half_width = 0.0;
  };

  Index patients = 0;
  double lesions_per_patient = 0.0;  ///< expected; of those that have one
  double correlation = 0.5;          ///< assumed between the lesions of a patient
  double design_effect = 1.0;
  double limit = 0.0;                    ///< of the relative bias
  std::vector<OfBias> bias;              ///< empty below the fewest patients that have an interval
  std::vector<OfAgreement> icc;          ///< empty with one arm
  double repeat_degrees = 0.0;           ///< of freedom of wSD, effective; 0 without repeats
  double wcv_low = 0.0, wcv_high = 0.0;  ///< ends of the interval of wSD and wCV, over the value
};

/// None if the patients have no lesions.
std::optional<ExpectedPrecision> expected_precision(const Plan& plan);

}  // namespace vitrine::trial

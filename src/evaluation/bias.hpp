#pragma once
#include <limits>
#include <span>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// Mean difference of measured and true values of the same lesions.
struct Bias {
  Estimate difference;  ///< mean of (measured - truth), in the feature's unit
  Estimate relative;    ///< sum of differences over sum of truths; a fraction of |truth|
  Index lesions = 0;    ///< pairs that were used
  Index patients = 0;   ///< whose lesions these are
  double relative_error =
      std::numeric_limits<double>::quiet_NaN();  ///< standard error of `relative`, by leaving out
                                                 ///< one patient; NaN where that is withheld
};

/// Paired by position; pairs with a NaN are left out. Intervals by a bootstrap over patients.
///
/// What the pair is says which bias it is (docs/methods/statistics.md):
///   total bias   E[f] against f(T0): object truth on the same grid and mask
///   arm bias     f(T2) against f(T1): what the arm does without noise, relative to the reference
///   arm noise bias   E[f] against f(T2): what noise does in the same arm
/// The relative bias is withheld where true values do not all have the same sign.
Bias bias(std::span<const double> measured, std::span<const double> truth, const Clusters& patients,
          const Resampling& resampling);

/// Values of the same lesions, position by position.
struct Pairs {
  std::span<const double> measured, truth;
};

/// `bias` of each, in a fraction of the time where truths are the same.
std::vector<Bias> biases(std::span<const Pairs> all, const Clusters& patients,
                         const Resampling& resampling);

}  // namespace vitrine::evaluation

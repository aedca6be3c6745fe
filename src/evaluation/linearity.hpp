#pragma once
#include <span>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// A measurement against its truth: measured = intercept + slope truth, by least squares.
struct Linearity {
  Estimate slope;            ///< 1 if a change is measured in full
  Estimate intercept;        ///< where the truth is 0, in the feature's unit
  Estimate r_squared;        ///< share of the variance that the line explains
  Estimate quadratic;        ///< c of measured = a + b truth + c truth^2, in 1 / unit
  double quadratic_p = 0.0;  ///< two-sided, of c = 0; NaN where `quadratic` has no interval
  Index lesions = 0;         ///< pairs that were used
};

/// Paired by position; pairs with a NaN are left out.
///
/// Intervals and the test by leaving out one patient at a time and Student's t with patients - 1
/// degrees of freedom, since lesions of a patient are not independent (Raunig et al. 2015 for the
/// model; Efron & Tibshirani 1993, 11). That of R^2 is the square of Pearson's, on Fisher's z.
/// Withheld where the truth or the measurement does not vary; the quadratic term also where the
/// truth has fewer than three values.
Linearity linearity(std::span<const double> measured, std::span<const double> truth,
                    const Clusters& patients, double confidence = 0.95);

/// Slope alone, of `y` on `x`; the same rules.
Estimate slope_by_patients(std::span<const double> y, std::span<const double> x,
                           const Clusters& patients, double confidence = 0.95);

}  // namespace vitrine::evaluation

#pragma once
#include <span>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// Differences between two measurements of the same lesions (Bland & Altman 1986, 2007).
struct Differences {
  Estimate bias;   ///< their mean
  Estimate sd;     ///< of one lesion of one patient
  Estimate lower;  ///< limits of agreement: bias - 1.96 sd,
  Estimate upper;  ///< and bias + 1.96 sd
};

struct BlandAltman {
  Differences absolute;  ///< a - b, in the feature's unit
  Differences relative;  ///< (a - b) / mean of the two; fractions
  Estimate slope;        ///< of a - b on the mean of the two: 0 without proportional bias
  Index pairs = 0;       ///< that were used
};

/// Paired by position; pairs with a NaN are left out.
///
/// The variance is that between patients plus that within (one-way layout, Searle's m0 for unequal
/// numbers), so several lesions of a patient do not make it too small. Intervals: of the bias and
/// the slope by leaving out patients and Student's t; of the sd chi-square with the degrees of
/// freedom that the patients support; of the limits by combining both (MOVER, Zou 2013). With one
/// lesion per patient, bias and its interval are those of Bland & Altman. Relative differences are
/// withheld unless every pair has a positive mean.
BlandAltman bland_altman(std::span<const double> a, std::span<const double> b,
                         const Clusters& patients, double confidence = 0.95);

}  // namespace vitrine::evaluation

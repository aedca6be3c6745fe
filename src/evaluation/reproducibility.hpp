#pragma once
#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/evaluation/random_arms.hpp"

namespace vitrine::evaluation {

/// How far measurements of one lesion in different arms lie apart (Raunig et al. 2015).
struct Reproducibility {
  Estimate sd;             ///< sqrt(variance between arms + residual), in the feature's unit
  Estimate coefficient;    ///< RDC = 1.96 sqrt(2) sd
  Estimate relative_down;  ///< %RDC: largest relative decrease, as a negative fraction
  Estimate relative_up;    ///< %RDC: largest relative increase; from logarithms
  Estimate dispersion;     ///< QCD: mean over lesions of (Q3 - Q1) / (Q3 + Q1) over the arms
  Index lesions = 0;       ///< with a value in every arm
};

/// `ratings`: lesions down, arms across, one scan each; rows with a NaN are left out.
///
/// The variance is MSW of the one-way layout, (MSC + (n - 1) MSE) / n. Intervals: for fixed arms
/// Student's t on the logarithm, error by leaving out patients; for random arms that of
/// `sd_of_random_arms`, and none for the QCD. Quartiles are linear between order statistics
/// (Hyndman & Fan 1996, type 7). Relative forms and QCD are withheld unless every value is
/// positive.
Reproducibility reproducibility(const Ratings& ratings, const Clusters& patients, Effect arms,
                                double confidence = 0.95);

/// (Q3 - Q1) / (Q3 + Q1) of positive values; NaN for fewer than two.
double quartile_dispersion(std::vector<double> values);

}  // namespace vitrine::evaluation

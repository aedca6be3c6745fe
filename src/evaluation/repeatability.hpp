#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// What turns a standard deviation into the difference that 95 % of pairs stay below: 1.96 sqrt(2).
inline constexpr double coefficient_factor = 1.96 * 1.4142135623730951;

/// How well a measurement repeats: from scans of the same lesion in the same arm, repositioned or
/// with other noise alone.
struct Repeatability {
  Estimate within_sd;      ///< wSD, in the feature's unit
  Estimate coefficient;    ///< RC = 1.96 sqrt(2) wSD: 95 % of repeat differences are smaller
  Estimate within_cv_rms;  ///< wCV as sqrt(mean(s^2 / m^2)); a fraction
  Estimate within_cv_log;  ///< wCV as sqrt(exp(wSD^2 of the logarithms) - 1); a fraction
  Estimate relative_down;  ///< %RC: largest relative decrease of a repeat, as a negative fraction
  Estimate relative_up;    ///< %RC: largest relative increase; from logarithms, so not symmetric
  Index lesions = 0;       ///< with at least two values
  double degrees = 0.0;    ///< of freedom of wSD
};

/// `repeats[i]` are the values of lesion i, NaN where there is none; lesions with fewer than two
/// values are left out. Relative statistics are withheld unless every value is positive.
///
/// Intervals: chi-square with the degrees of freedom that the variance between patients supports
/// (Satterthwaite, error by leaving out patients), at most the nominal ones. So lesions that repeat
/// unequally well, or alike within a patient, widen them.
Repeatability repeatability(std::span<const std::vector<double>> repeats, const Clusters& patients,
                            double confidence = 0.95);

/// The square root of a variance that is a function of sums over patients, with a chi-square
/// interval: its degrees of freedom are those that the variance between patients supports
/// (Satterthwaite 1946), at most `most_degrees`.
Estimate sd_by_patients(const PatientSums& sums, double most_degrees, double confidence,
                        FunctionRef<double(std::span<const double> total)> variance);

/// Degrees of freedom of a chi-square variable with this mean and standard error.
double supported_degrees(double value, double standard_error, double most_degrees);

/// Interval of a within-subject standard deviation from the chi-square distribution: exact for
/// normal errors that are independent and of equal size in every lesion.
Estimate within_sd_chi_square(double within_sd, double degrees, double confidence = 0.95);

}  // namespace vitrine::evaluation

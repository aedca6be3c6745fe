#pragma once
#include <vector>

#include "vitrine/radiomics/feature.hpp"

namespace vitrine::radiomics {

/// A region's values in ascending order, at least one, and their central moments (population, 1/N).
///
/// What the statistics of intensities and those of grey levels have in common; for values of type
/// float or double.
template <class Number>
struct SampleOf {
  explicit SampleOf(std::vector<Number> ascending);

  /// Linear between order statistics: the p-quantile of N values is at position p (N - 1).
  double quantile(double p) const;
  double mean_distance_to(double centre) const;

  std::vector<Number> sorted;
  double sum = 0, mean = 0, variance = 0, third = 0, fourth = 0, energy = 0;
  bool flat = false;  ///< all values are equal
};
using Sample = SampleOf<float>;

/// Third central moment / variance^1.5.
Result skewness(const Sample& x);
/// Fourth central moment / variance^2 - 3.
Result kurtosis(const Sample& x);
/// Mean absolute deviation of the values from the 10th to the 90th percentile, both included.
template <class Number>
double robust_mean_absolute_deviation(const SampleOf<Number>& x);
/// Standard deviation / mean.
Result coefficient_of_variation(const Sample& x);
/// (P75 - P25) / (P75 + P25).
Result quartile_coefficient_of_dispersion(const Sample& x);

}  // namespace vitrine::radiomics

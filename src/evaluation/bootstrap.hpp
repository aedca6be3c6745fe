#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/evaluation/estimate.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// Rows that belong together: the lesions of one patient are not independent of each other.
struct Clusters {
  std::vector<std::vector<Index>> rows;  ///< of each patient, ascending

  Index count() const { return std::ssize(rows); }
  /// Rows 0, 1, ... grouped by equal labels, in the order of first appearance.
  static Clusters by_label(std::span<const std::string> labels);
  /// The same clusters with rows renumbered to those `kept`, empty clusters gone.
  Clusters only(std::span<const Index> kept) const;
};

/// How to resample.
struct Resampling {
  Stream stream;  ///< replicate b draws from Rng(stream, b)
  int replicates = 2000;
  double confidence = 0.95;
};

/// Fewest patients for which an interval is given.
inline constexpr Index fewest_patients = 3;

/// The statistic of all rows, with an interval from resampling whole patients with replacement.
///
/// Bias-corrected and accelerated (Efron 1987), the acceleration from leaving out one patient at a
/// time, the level widened for few patients as Student's t widens the normal (Hesterberg 2015).
/// `statistic` gets row numbers, with repeats, and answers NaN where it has no value; such
/// replicates are left out, and more than one in five of them withholds the interval.
Estimate patient_bootstrap(const Clusters& patients, const Resampling& resampling,
                           FunctionRef<double(std::span<const Index>)> statistic);

}  // namespace vitrine::evaluation

#pragma once
#include <span>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// Whether log-odds mean what they say, and what deciding by them gets right.
struct Calibration {
  Estimate intercept;  ///< log-odds that all scores are too low by (calibration in the large): 0
  Estimate slope;      ///< of the label's log-odds on the score: 1; below, scores are too extreme
  Estimate brier;      ///< mean square of probability less label: 0.25 for a coin
  Estimate
      sensitivity;  ///< share of rows with the label whose probability is at the threshold or above
  Estimate specificity;  ///< share of rows without it whose probability is below
};

/// Calibration of log-odds `score` (Cox 1958; Steyerberg 2010) and decisions at a threshold
/// probability in (0, 1).
///
/// Rows of one patient depend on each other, and may be of one lesion scored several times: errors
/// from the sums of each patient's terms (sandwich estimator; Liang & Zeger 1986), intervals by
/// Student's t with the degrees of the rarer class' patients, of shares on log(x / (1 - x)). None
/// below `fewest_patients` patients in all and two of each class. Where the label is told without
/// an error, slope and intercept have no value.
Calibration calibration(std::span<const double> score, const std::vector<bool>& label,
                        const Clusters& patients, double threshold, double confidence = 0.95);

}  // namespace vitrine::evaluation

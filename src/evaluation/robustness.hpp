#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/evaluation/stability.hpp"

namespace vitrine::evaluation {

/// How well one feature of one arm agrees over perturbations of the mask.
struct RobustnessRow {
  Feature feature;
  std::string arm;
  Estimate icc;                     ///< ICC(A,1) over the perturbations, interval by patients
  Index perturbations = 0;          ///< the unperturbed mask counted
  Index patients = 0, lesions = 0;  ///< measured under every perturbation: those behind `icc`
  Index values = 0, excluded = 0;   ///< of this feature; missing among them
};

/// One row per feature of a study of one arm's scans, whose `arms` are the perturbations.
///
/// Perturbations are fixed levels, as arms are in `stability`. Same bits for every thread count.
std::vector<RobustnessRow> robustness(const Study& perturbed, const std::string& arm,
                                      const StabilityOptions& options);

/// `robustness.csv`: one row per feature and arm; a withheld number is an empty cell, its reason in
/// `notes`.
Table robustness_table(std::span<const RobustnessRow> rows);

}  // namespace vitrine::evaluation

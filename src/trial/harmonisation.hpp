#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/evaluation/harmonisation.hpp"
#include "vitrine/evaluation/stability.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// One way of harmonising, judged by one truth.
struct HarmonisationRun {
  std::string method;  ///< parametric, nonparametric, without_eb, mean_only; or a preprocessing
  std::string batch;   ///< the factor whose levels are brought together; empty: a preprocessing
  std::string truth;   ///< t0, t1, t2
  evaluation::Harmonisation result;
};

/// What `statistics.harmonisation` asks for: every method by every truth, in that order.
///
/// Cases are the arms' own scans of each lesion. Patients are judged by a fit without them.
std::vector<HarmonisationRun> harmonise(const Plan& plan, const evaluation::Study& study,
                                        const evaluation::StabilityOptions& options);

/// `harmonisation.csv`: one row a method, truth and feature, with the reason where it was refused.
Table harmonisation_table(std::span<const HarmonisationRun> runs);

}  // namespace vitrine::trial

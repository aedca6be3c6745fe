#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/evaluation/stability.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::trial {

/// What is known about the features in the patients of one stratum.
struct StratumRows {
  std::string stratum;
  std::size_t patients = 0;  ///< whose lesions were measured
  std::vector<evaluation::StabilityRow> rows;
};

/// The lesions of some patients and what was measured in them.
evaluation::Study of_patients(const evaluation::Study& study, std::span<const std::string> ids);

/// The statistics of each stratum alone, in the order of the strata; empty without strata. What a
/// stratum has too few patients for is withheld with its reason, as of a whole trial.
std::vector<StratumRows> stability_by_stratum(const Plan& plan, const evaluation::Study& study,
                                              const evaluation::StabilityOptions& options);

/// `strata.csv`: the columns of `stability.csv` after the stratum. No columns without strata.
Table strata_table(std::span<const StratumRows> strata);

}  // namespace vitrine::trial

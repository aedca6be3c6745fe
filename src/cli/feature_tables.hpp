#pragma once
#include <string>
#include <vector>

#include "vitrine/cli/feature_pairs.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/radiomics/diagnostics.hpp"
#include "vitrine/radiomics/filters/response.hpp"

namespace vitrine::cli {

/// What came of one pair, or of one perturbation of its mask: values, or the reason why it could
/// not be measured.
struct PairResult {
  FeaturePair pair;
  std::vector<radiomics::FilteredFeatures> features;  ///< by image type
  std::vector<radiomics::Diagnostic> diagnostics;
  std::string error;         ///< empty if it was measured
  std::string perturbation;  ///< empty where none was asked for
};

/// One row a value (docs/formats/features_csv.md); a pair that failed has one row with the reason.
/// Where masks were perturbed, both tables say so in a column `perturbation`.
Table tidy_table(const std::vector<std::string>& extra_columns,
                 const std::vector<PairResult>& results);

/// One row a pair and one column a value, named `id:IBSI code:code of the aggregation`, of a
/// response map with the filter's name and a colon in front; `error` comes last.
Table wide_table(const std::vector<std::string>& extra_columns,
                 const std::vector<PairResult>& results);

/// A table's rows as JSON objects.
std::string rows_as_json(const Table& table);

}  // namespace vitrine::cli

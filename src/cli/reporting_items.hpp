#pragma once
#include <vector>

#include "vitrine/cli/reporting_facts.hpp"
#include "vitrine/report/checklist.hpp"

namespace vitrine::cli {

/// CLEAR, METRICS and the reporting guidelines of the IBSI, filled in from what a trial knows.
/// Every item of CLEAR and METRICS is there; of the IBSI's all that concern CT.
std::vector<report::Checklist> reporting_items(const ReportingFacts& facts);

}  // namespace vitrine::cli

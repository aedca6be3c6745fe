#pragma once
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/analysis.hpp"

namespace vitrine::cli {

/// Write tables, results.h5, the report, the manifest and SHA256SUMS of a trial that has ended.
void publish(const io::Path& dir, const trial::Plan& plan, const LoadedScenario& loaded,
             const trial::TrialResult& result, Isa isa);

}  // namespace vitrine::cli

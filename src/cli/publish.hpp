#pragma once
#include <functional>

#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/core/hash.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/analysis.hpp"

namespace vitrine::cli {

/// Write tables, results.h5, the report, the manifest and SHA256SUMS of a trial that has ended.
/// `before_sums` is told the digest of SHA256SUMS before that is written.
void publish(const io::Path& dir, const trial::Plan& plan, const LoadedScenario& loaded,
             const trial::TrialResult& result, Isa isa,
             const std::function<void(const Digest& sums)>& before_sums);

}  // namespace vitrine::cli

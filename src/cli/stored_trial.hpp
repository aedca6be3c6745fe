#pragma once
#include <memory>
#include <string>
#include <vector>

#include "vitrine/cli/case_store.hpp"
#include "vitrine/core/isa.hpp"
#include "vitrine/io/checksums.hpp"
#include "vitrine/trial/engine.hpp"

namespace vitrine::cli {

/// A trial read back from its output directory: plan and results, no images. Files that the
/// scenario names are not opened: the plan cannot be run.
struct StoredTrial {
  trial::Plan plan;
  std::unique_ptr<trial::Store> store;  ///< that `result` reads its cases from
  trial::TrialResult result;            ///< stored cases, and the failures of a run that has ended
  std::vector<std::string> missing;     ///< cases that are neither stored nor known to have failed
  Isa isa = Isa::portable;              ///< that made it
  std::string version;                  ///< of the program that made it
  std::vector<io::Checksum> files;      ///< of SHA256SUMS; empty: the run has not ended
};

/// Throws Error: input if there is no trial in `dir`; data, naming the file, if its scenario or its
/// first case is damaged or not of this version's shape. So does reading another case, later.
StoredTrial read_stored_trial(const io::Path& dir);

}  // namespace vitrine::cli

#pragma once
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/io/checksums.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::cli {

/// What an output directory says of the trial in it.
struct TrialRecord {
  std::string name, fingerprint, version, isa;
  std::size_t cases = 0;               ///< of the whole trial; 0 if it is not known
  std::vector<std::string> finished;   ///< cases that are kept, sorted
  std::vector<std::string> damaged;    ///< stored cases whose files are not all there: run again
  std::vector<io::Checksum> files;     ///< of the whole trial, or so far of finished cases
  bool ended = false;                  ///< its tables and checksums are written
  std::optional<std::string> running;  ///< the process that writes there now
};

/// Claims `dir` for this trial: an empty directory, or one that holds the same trial at the same
/// level. Throws Error (input) if it holds something else.
void claim(const io::Path& dir, const trial::Plan& plan, Isa isa);

/// What a run wrote when it claimed `dir`: name, fingerprint, version, isa, cases, the canonical
/// scenario and the inputs that its fingerprint counts. Throws Error (input) if there is no trial
/// in it, Error (data) if that file is damaged.
Value read_marker(const io::Path& dir);

/// Reads what `dir` holds; writes nothing. Throws Error (input) if there is no trial in it.
TrialRecord read_trial(const io::Path& dir);

}  // namespace vitrine::cli

#pragma once
#include <map>
#include <string>
#include <vector>

#include "vitrine/trial/scenario.hpp"

namespace vitrine::cli {

/// A scenario file and the files that it names, read but not yet judged.
struct LoadedScenario {
  trial::Scenario scenario;  ///< to be used only if `problems` is empty
  Diagnostics problems;
  std::map<std::string, std::string> texts;  ///< file name -> its text, for carets and the record
};

/// Read `file`, put the files that it refers to in place, apply `overrides` (`a.b=value`) and check
/// everything. Throws Error (io) if `file` itself cannot be read; all else lands in `problems`.
LoadedScenario load_scenario(const std::string& file, const std::vector<std::string>& overrides);

/// The scenario, or an Error (input) that shows every problem with its line and a caret.
LoadedScenario load_valid_scenario(const std::string& file,
                                   const std::vector<std::string>& overrides);

}  // namespace vitrine::cli

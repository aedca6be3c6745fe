#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vitrine::cli {

/// The options of a command that change a scenario on its way in: `--set a.b=value`, and
/// `--quality`, which sets simulation.quality. `overrides` lives as long as the command does.
void add_overrides(CLI::App& command, std::vector<std::string>& overrides);

}  // namespace vitrine::cli

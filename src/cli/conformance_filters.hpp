#pragma once
#include <CLI/CLI.hpp>

namespace vitrine::cli {

/// Adds `ibsi2` to the command `conformance`.
void add_filter_conformance(CLI::App& conformance, int& code);

}  // namespace vitrine::cli

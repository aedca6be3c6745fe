#pragma once
#include <CLI/CLI.hpp>

namespace vitrine::cli {

/// The measures of `vitrine qa`; each adds its subcommand, whose callback sets the exit code.
void add_qa_mtf(CLI::App& qa, int& code);
void add_qa_nps(CLI::App& qa, int& code);
void add_qa_hu(CLI::App& qa, int& code);
void add_qa_uniformity(CLI::App& qa, int& code);
void add_qa_ssp(CLI::App& qa, int& code);
void add_qa_detect(CLI::App& qa, int& code);

/// `vitrine qa --scanner`: options of `qa` itself, whose callback sets the exit code.
void add_qa_scanner(CLI::App& qa, int& code);

}  // namespace vitrine::cli

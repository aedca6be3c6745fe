#pragma once
#include <CLI/CLI.hpp>

namespace vitrine::cli {

/// Each adds its subcommand; the callback puts the exit code into `code`.
void add_init(CLI::App& app, int& code);
void add_run(CLI::App& app, int& code);
void add_plan(CLI::App& app, int& code);
void add_validate(CLI::App& app, int& code);
void add_status(CLI::App& app, int& code);
void add_report(CLI::App& app, int& code);
void add_verify(CLI::App& app, int& code);
void add_export(CLI::App& app, int& code);
void add_stress(CLI::App& app, int& code);
void add_push(CLI::App& app, int& code);
void add_audit(CLI::App& app, int& code);
void add_list(CLI::App& app, int& code);
void add_explain(CLI::App& app, int& code);
void add_schema(CLI::App& app, int& code);
void add_features(CLI::App& app, int& code);
void add_pyradiomics(CLI::App& app, int& code);
void add_stability(CLI::App& app, int& code);
void add_conformance(CLI::App& app, int& code);
void add_phantom(CLI::App& app, int& code);
void add_recon(CLI::App& app, int& code);
void add_dose(CLI::App& app, int& code);
void add_fit_kernel(CLI::App& app, int& code);
void add_qa(CLI::App& app, int& code);
void add_doctor(CLI::App& app, int& code);
void add_completion(CLI::App& app, int& code);
void add_man(CLI::App& app, int& code);

}  // namespace vitrine::cli

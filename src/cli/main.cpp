#include <Eigen/Core>
#include <string>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/style.hpp"
#include "vitrine/cli/version.hpp"

namespace {

constexpr const char* description =
    "Virtual imaging trials for CT: patients with known lesions go through simulated scanners, "
    "and\n"
    "what comes out is measured against the truth.\n";

constexpr const char* footer =
    "\nA first trial:\n"
    "  vitrine init mine                                   a scenario to change\n"
    "  vitrine validate mine/01_lung_nodule_stability.yaml is it right?\n"
    "  vitrine plan mine/01_lung_nodule_stability.yaml     what will it cost?\n"
    "  vitrine run mine/01_lung_nodule_stability.yaml --out results\n"
    "then open results/report.html. Run the same command again to continue an interrupted trial.\n"
    "\nVITRINE_ISA=portable|v3 pins the instruction-set level, OMP_NUM_THREADS the threads (the\n"
    "results do not depend on them), NO_COLOR=1 keeps colours away.\n\n";

/// The footer with the table of exit codes.
std::string closing_text() {
  std::string text = std::string(footer) + vitrine::cli::exit_codes_heading + '\n';
  for (const auto& [code, meaning] : vitrine::cli::exit_codes) {
    const std::string number = std::to_string(code);
    text += std::string(5 - number.size(), ' ') + number + "  " + meaning + '\n';
  }
  text.pop_back();
  return text;
}

int run(int argc, char** argv) {
  using namespace vitrine::cli;
  int code = ok;
  CLI::App app(description, "vitrine");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return error_prefix() + std::string(error.what()) + "\nSee `" + failed->get_name() +
           " --help`.\n";
  });
  add_init(app, code);
  add_run(app, code);
  add_plan(app, code);
  add_validate(app, code);
  add_status(app, code);
  add_report(app, code);
  add_verify(app, code);
  add_export(app, code);
  add_stress(app, code);
  add_push(app, code);
  add_audit(app, code);
  add_list(app, code);
  add_explain(app, code);
  add_schema(app, code);
  add_features(app, code);
  add_pyradiomics(app, code);
  add_stability(app, code);
  add_conformance(app, code);
  add_phantom(app, code);
  add_recon(app, code);
  add_dose(app, code);
  add_fit_kernel(app, code);
  add_qa(app, code);
  add_doctor(app, code);
  add_completion(app, code);
  add_man(app, code);
  app.footer(closing_text());  // after its commands, which would take it over
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? ok : bad_input;
  }
  return code;
}

}  // namespace

int main(int argc, char** argv) {
  // Eigen sizes its blocks by the machine's caches, and blocks decide the order of sums.
  Eigen::setCpuCacheSizes(32 * 1024, 512 * 1024, 4 * 1024 * 1024);
  return vitrine::cli::guarded([&] { return run(argc, argv); });
}

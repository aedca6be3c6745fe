#include <Eigen/Core>
#include <cstdio>
#include <exception>
#include <new>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
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
    "\nExit codes: 0 ok, 1 a check said no, 2 bad input, 3 some cases failed, 4 files, 5 our bug,\n"
    "130 interrupted. VITRINE_ISA=portable|v3 pins the instruction-set level, OMP_NUM_THREADS the\n"
    "threads (the results do not depend on them).";

int report(const vitrine::Error& error) {
  std::fprintf(stderr, "vitrine: %s\n", vitrine::explain(error).c_str());
  return vitrine::cli::exit_code(error.kind());
}

int run(int argc, char** argv) {
  using namespace vitrine::cli;
  int code = ok;
  CLI::App app(description, "vitrine");
  app.set_version_flag("--version", version_text());
  app.require_subcommand(1);
  app.failure_message([](const CLI::App* failed, const CLI::Error& error) {
    return "vitrine: " + std::string(error.what()) + "\nSee `" + failed->get_name() + " --help`.\n";
  });
  add_init(app, code);
  add_run(app, code);
  add_plan(app, code);
  add_validate(app, code);
  add_status(app, code);
  add_report(app, code);
  add_verify(app, code);
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
  app.footer(footer);  // after its commands, which would take it over
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
  try {
    return run(argc, argv);
  } catch (const vitrine::Error& error) {
    return report(error);
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr,
                 "vitrine: out of memory. `vitrine plan` shows how much a trial needs; fewer "
                 "slices or rows need less.\n");
    return vitrine::cli::io_failed;
  } catch (const std::exception& error) {
    std::fprintf(
        stderr,
        "vitrine: internal error: %s\nPlease report this with the command and the scenario.\n",
        error.what());
    return vitrine::cli::our_bug;
  }
}

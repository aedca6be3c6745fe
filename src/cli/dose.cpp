#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/overrides.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/dose.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string scenario, csv;
  std::vector<std::string> overrides, only;
  trial::DoseOptions dose;
  double error = 5.0, ctdi_error = 1.0;  // percent
  double histories = 1e8;
  bool indices_only = false;
};

void show(const trial::Plan& plan, const trial::Output& output) {
  const Scanner& scanner = plan.scenario.arms.scanners[output.scanner];
  std::printf("%s at %s kV, %.1f mm wide: mGy per mAs and rotation\n", scanner.name.c_str(),
              to_text(output.tube_voltage).c_str(), output.collimation);
  std::printf("  air kerma at the isocentre   %.4f\n", output.kerma);
  const auto line = [](const char* phantom, const physics::carlo::Ctdi& c) {
    std::printf(
        "  CTDIw %s Monte Carlo       %.4f +- %.4f (centre %.4f, periphery %.4f; %.1f M "
        "histories)\n",
        phantom, c.weighted.mean, c.weighted.error, c.centre.mean, c.periphery.mean,
        double(c.histories) / 1e6);
  };
  line("32 cm", output.body);
  line("16 cm", output.head);
  std::printf("  to compare with, 120 kV: 32 cm 0.078 +- 0.022, 16 cm 0.167 +- 0.044\n\n");
}

void show(const trial::ScanDose& dose) {
  std::printf("%s  %s\n", dose.case_id.c_str(), dose.scan.c_str());
  std::printf("  CTDIvol %.2f mGy (16 cm: %.2f), DLP %.1f mGy cm, Dw %.1f cm, ",
              dose.indices.ctdi_vol, dose.ctdi_vol_head, dose.indices.dlp / units::cm,
              dose.indices.water_equivalent_diameter / units::cm);
  if (dose.indices.ssde)
    std::printf("SSDE %.2f mGy\n", *dose.indices.ssde);
  else
    std::printf("no SSDE (it is defined for 8 to 45 cm)\n");
  if (dose.organs.empty()) return;
  std::printf("  %-24s %10s %10s %8s\n", "organ", "mass g", "dose mGy", "+- %");
  for (const trial::OrganDose& organ : dose.organs) {
    if (organ.dose.mean > 0.0)
      std::printf("  %-24s %10.1f %10.3f %8.1f\n", organ.organ.c_str(), organ.mass, organ.dose.mean,
                  100.0 * organ.dose.relative());
    else
      std::printf("  %-24s %10.1f %10s %8s\n", organ.organ.c_str(), organ.mass, "0", "-");
  }
}

int answer(Options& options) {
  const LoadedScenario loaded = load_valid_scenario(options.scenario, options.overrides);
  const trial::Plan plan = trial::make_plan(loaded.scenario);
  const auto& cases = options.only.empty() ? plan.cases : options.only;
  for (const std::string& id : cases)
    require(std::find(plan.cases.begin(), plan.cases.end(), id) != plan.cases.end(),
            Error::Kind::input, "there is no case '", id, "' (this scenario has ",
            plan.cases.front(), " to ", plan.cases.back(), ")");
  trial::DoseOptions& dose = options.dose;
  const auto most = std::int64_t(options.histories);
  dose.organ = {0.01 * options.error, most};
  dose.ctdi = {0.01 * options.ctdi_error, most};
  dose.organs = !options.indices_only;
  const Isa isa = chosen_isa();
  const auto outputs = trial::outputs(plan, dose, isa);
  for (const trial::Output& output : outputs) show(plan, output);
  std::vector<trial::ScanDose> all;
  for (const std::string& id : cases)
    for (trial::ScanDose& scan : trial::scan_doses(plan, id, outputs, dose, isa)) {
      show(scan);
      std::fflush(stdout);
      all.push_back(std::move(scan));
    }
  if (!options.csv.empty())
    io::write_file(options.csv, trial::dose_table(plan, outputs, all).to_csv());
  return ok;
}

}  // namespace

void add_dose(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "dose", "CTDI, DLP, SSDE and organ doses of a scenario's scans, by Monte Carlo");
  auto options = std::make_shared<Options>();
  command->add_option("scenario", options->scenario, "scenario file (YAML)")->required();
  command->add_option("--case", options->only, "only these: --case case002 (default: all)")
      ->take_all()
      ->expected(1);
  command->add_option("--csv", options->csv, "write all numbers as a table to this file");
  command
      ->add_option("--error", options->error,
                   "largest standard error of organs of 10 g or more that get a tenth of the "
                   "largest dose, percent")
      ->check(CLI::Range(0.1, 50.0))
      ->capture_default_str();
  command->add_option("--ctdi-error", options->ctdi_error, "standard error of CTDIw, percent")
      ->check(CLI::Range(0.05, 50.0))
      ->capture_default_str();
  command
      ->add_option("--histories", options->histories,
                   "most photon histories for one number or patient")
      ->check(CLI::Range(1e5, 1e12))
      ->capture_default_str();
  command->add_option("--spacing", options->dose.spacing, "edge of the patient's voxels, mm")
      ->check(CLI::Range(1.0, 10.0))
      ->capture_default_str();
  command->add_flag("--indices-only", options->indices_only, "no organ doses");
  add_overrides(*command, options->overrides);
  command->footer(
      "\nCTDIvol and DLP belong to the 32 cm phantom; the +- are standard errors of the "
      "simulation.\n"
      "docs/methods/dose.md says how they are made.");
  command->callback([options, &code] { code = answer(*options); });
}

}  // namespace vitrine::cli

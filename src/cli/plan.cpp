#include <cmath>
#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/overrides.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/beams.hpp"
#include "vitrine/trial/plan.hpp"
#include "vitrine/trial/scan_check.hpp"

namespace vitrine::cli {
namespace {

struct Options {
  std::string scenario;
  std::vector<std::string> overrides;
  bool json = false;
};

std::string amount(double bytes) {
  char text[32];
  std::snprintf(text, sizeof text, bytes < 1e9 ? "%.0f MB" : "%.1f GB",
                bytes / (bytes < 1e9 ? 1e6 : 1e9));
  return text;
}

std::string duration(double seconds) {
  char text[32];
  if (seconds < 90) {
    std::snprintf(text, sizeof text, "%.0f s", seconds);
  } else if (seconds < 5400) {
    std::snprintf(text, sizeof text, "%.1f min", seconds / 60);
  } else {
    std::snprintf(text, sizeof text, "%.1f h", seconds / 3600);
  }
  return text;
}

using Beams = std::vector<trial::PlannedBeam>;

Value as_json(const trial::Plan& plan, const Beams& beams) {
  Value::List list;
  for (const auto& [scanner, beam] : beams)
    list.push_back(Value(Value()
                             .set("scanner", Value(plan.scenario.arms.scanners[scanner].name))
                             .set("tube_voltage_kv", Value(beam.kv()))
                             .set("half_value_layer_mm_al", Value(beam.half_value_layer()))
                             .set("reference_energy_kev", Value(beam.effective_energy()))
                             .set("energies", Value(double(beam.nodes())))
                             .set("basis_functions", Value(double(beam.rank())))
                             .set("largest_error", Value(beam.fit_error()))));
  return Value(std::move(list));
}

Value as_json(const trial::Plan& plan, const trial::Estimate& e, const Beams& beams) {
  Value::List arms;
  for (const trial::Arm& arm : plan.arms) arms.push_back(Value(arm.name));
  Value::List notes;
  for (const std::string& note : trial::geometry_notes(plan)) notes.push_back(Value(note));
  return Value()
      .set("trial", Value(plan.scenario.trial.name))
      .set("fingerprint", Value(plan.fingerprint))
      .set("cases", Value(double(plan.cases.size())))
      .set("arms", Value(std::move(arms)))
      .set("beams", as_json(plan, beams))
      .set("repeats_per_case", Value(double(plan.scenario.arms.repeat.count)))
      .set("traced_scans", Value(double(e.traced_scans)))
      .set("scans", Value(double(e.scans)))
      .set("reconstructions", Value(double(e.reconstructions)))
      .set("images", Value(double(e.images)))
      .set("files", Value(double(e.files)))
      .set("rays", Value(e.rays))
      .set("disk_bytes", Value(e.disk_bytes))
      .set("memory_bytes", Value(e.memory_bytes))
      .set("seconds", Value(std::round(e.seconds)))
      .set("notes", Value(std::move(notes)));
}

void show(const trial::Plan& plan, const Beams& beams) {
  std::printf("\nbeams\n");
  for (const auto& [scanner, beam] : beams)
    std::printf(
        "  %s at %s kV: half-value layer %.1f mm Al, reference %.1f keV; %zu energies and %zu "
        "basis "
        "functions, line integrals within %.0e\n",
        plan.scenario.arms.scanners[scanner].name.c_str(), to_text(beam.kv()).c_str(),
        beam.half_value_layer(), beam.effective_energy(), beam.nodes(), beam.rank(),
        beam.fit_error());
}

void show(const trial::Plan& plan, const trial::Estimate& e, const Beams& beams, int threads) {
  const auto& s = plan.scenario;
  std::printf("%s: %zu patients x %zu arms", s.trial.name.c_str(), plan.cases.size(),
              plan.arms.size());
  if (s.arms.repeat.count > 0)
    std::printf(" + %lld %s repeats of %s", static_cast<long long>(s.arms.repeat.count),
                s.arms.repeat.kind.c_str(), plan.arms[plan.repeated].name.c_str());
  std::printf("\nfingerprint %s\n\narms\n", plan.fingerprint.c_str());
  for (std::size_t i = 0; i < plan.arms.size(); ++i)
    std::printf("  %s%s\n", plan.arms[i].name.c_str(), i == plan.reference ? "   (reference)" : "");
  show(plan, beams);
  std::printf(
      "\nwork    %llu scans (rays traced %llu times, %.1f billion rays), %llu reconstructions\n",
      static_cast<unsigned long long>(e.scans), static_cast<unsigned long long>(e.traced_scans),
      e.rays / 1e9, static_cast<unsigned long long>(e.reconstructions));
  std::printf("output  %llu images, %llu files, about %s\n",
              static_cast<unsigned long long>(e.images), static_cast<unsigned long long>(e.files),
              amount(e.disk_bytes).c_str());
  std::printf("needs   about %s of memory and %s on %d threads\n", amount(e.memory_bytes).c_str(),
              duration(e.seconds).c_str(), threads);
  for (const std::string& note : trial::geometry_notes(plan))
    std::printf("note    %s\n", note.c_str());
}

}  // namespace

void add_plan(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("plan", "Show what a scenario would run and cost; writes nothing");
  auto options = std::make_shared<Options>();
  command->add_option("scenario", options->scenario, "scenario file (YAML)")->required();
  add_overrides(*command, options->overrides);
  command->add_flag("--json", options->json, "machine-readable");
  command->callback([options, &code] {
    const auto loaded = load_valid_scenario(options->scenario, options->overrides);
    const trial::Plan plan = trial::make_plan(loaded.scenario);
    const auto [beams, maps] = trial::outlook(plan);
    const trial::Estimate e = trial::estimate(plan, thread_count(), maps);
    if (options->json) {
      std::printf("%s\n", to_json(as_json(plan, e, beams), 2).c_str());
    } else {
      show(plan, e, beams, thread_count());
    }
    code = ok;
  });
}

}  // namespace vitrine::cli

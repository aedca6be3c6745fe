#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/overrides.hpp"
#include "vitrine/cli/precision_forecast.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/trial/beams.hpp"
#include "vitrine/trial/design_summary.hpp"
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

/// The strata and how many patients each has.
std::vector<std::pair<std::string, std::uint32_t>> strata_of(const trial::Plan& plan) {
  const phantoms::Cohort& patients = plan.scenario.patients;
  const auto sizes = phantoms::stratum_sizes(patients);
  std::vector<std::pair<std::string, std::uint32_t>> all;
  for (std::size_t i = 0; i < sizes.size(); ++i)
    all.emplace_back(patients.strata[i].name, sizes[i]);
  return all;
}

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

Value texts(const std::vector<std::string>& all) {
  Value::List list;
  for (const std::string& text : all) list.push_back(Value(text));
  return Value(std::move(list));
}

Value as_json(const trial::DesignSummary& design) {
  Value::List factors;
  for (const trial::FactorSummary& factor : design.factors)
    factors.push_back(Value(Value()
                                .set("factor", Value(factor.key))
                                .set("levels", texts(factor.levels))
                                .set("interval", Value(factor.is_interval))));
  return Value()
      .set("kind", Value(design.kind))
      .set("factors", Value(std::move(factors)))
      .set("confounded", texts(design.confounded))
      .set("notes", texts(design.notes));
}

Value as_json(const trial::Plan& plan, const trial::Estimate& e, const Beams& beams) {
  Value::List arms;
  for (const trial::Arm& arm : plan.arms) arms.push_back(Value(arm.name));
  Value::List sites;
  const Table drawn = trial::site_table(plan.sites);
  for (const auto& row : drawn.rows) {
    Value site;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const double* number = std::get_if<double>(&row[c]);
      site.set(drawn.columns[c], number ? Value(*number) : Value(std::get<std::string>(row[c])));
    }
    sites.push_back(std::move(site));
  }
  Value strata;
  for (const auto& [name, patients] : strata_of(plan)) strata.set(name, Value(double(patients)));
  Value::List notes;
  for (const std::string& note : trial::geometry_notes(plan)) notes.push_back(Value(note));
  return Value()
      .set("trial", Value(plan.scenario.trial.name))
      .set("fingerprint", Value(plan.fingerprint))
      .set("cases", Value(double(plan.cases.size())))
      .set("strata", strata.empty() ? Value(Value::Map{}) : std::move(strata))
      .set("arms", Value(std::move(arms)))
      .set("design", as_json(trial::summary_of(plan)))
      .set("sites", Value(std::move(sites)))
      .set("beams", as_json(plan, beams))
      .set("repeats_per_case", Value(double(plan.scenario.arms.repeat.count)))
      .set("repeat_kind", Value(plan.scenario.arms.repeat.kind))
      .set("traced_scans", Value(double(e.traced_scans)))
      .set("scans", Value(double(e.scans)))
      .set("reconstructions", Value(double(e.reconstructions)))
      .set("images", Value(double(e.images)))
      .set("files", Value(double(e.files)))
      .set("rays", Value(e.rays))
      .set("disk_bytes", Value(e.disk_bytes))
      .set("cache_bytes", Value(e.cache_bytes))
      .set("memory_bytes", Value(e.memory_bytes))
      .set("seconds", Value(std::round(e.seconds)))
      .set("expected_precision", expected_precision_json(plan))
      .set("notes", Value(std::move(notes)));
}

void show(const trial::DesignSummary& design) {
  std::string kind = design.kind;
  std::replace(kind.begin(), kind.end(), '_', ' ');
  std::printf("\ndesign  %s\n", kind.c_str());
  for (const trial::FactorSummary& factor : design.factors) {
    std::string levels;
    for (const std::string& level : factor.levels) levels += (levels.empty() ? "" : ", ") + level;
    std::printf("  %s: %zu levels (%s)\n", factor.key.c_str(), factor.levels.size(),
                levels.c_str());
  }
  for (const std::string& line : design.confounded) std::printf("  %s\n", line.c_str());
  for (const std::string& line : design.notes) std::printf("  %s\n", line.c_str());
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

/// What was drawn for each site, without the deviations that none has.
void show_sites(const trial::Plan& plan) {
  if (plan.sites.empty()) return;
  std::printf("\nsites\n");
  const Table table = trial::site_table(plan.sites);
  for (const auto& row : table.rows) {
    std::string text;
    for (std::size_t c = 2; c < row.size(); ++c) {
      const double value = std::get<double>(row[c]);
      if (value == 0.0) continue;
      char number[32];
      std::snprintf(number, sizeof number, "%+.2f", value);
      text += str(text.empty() ? "" : ", ", table.columns[c], ' ', number);
    }
    std::printf("  %s: %s\n", std::get<std::string>(row[0]).c_str(),
                text.empty() ? "as its type" : text.c_str());
  }
}

void show(const trial::Plan& plan, const trial::Estimate& e, const Beams& beams, int threads) {
  const auto& s = plan.scenario;
  std::printf("%s: %zu patients x %zu arms", s.trial.name.c_str(), plan.cases.size(),
              plan.arms.size());
  if (s.arms.repeat.count > 0)
    std::printf(" + %lld %s repeats of %s", static_cast<long long>(s.arms.repeat.count),
                s.arms.repeat.kind.c_str(), trial::repeated_arms(plan).c_str());
  if (const auto& visits = s.arms.follow_up; !visits.days.empty())
    std::printf(" + %zu visits of %s", visits.days.size(),
                visits.in_every_arm() ? "every arm" : plan.arms[plan.followed].name.c_str());
  std::printf("\nfingerprint %s\n", plan.fingerprint.c_str());
  if (!s.patients.strata.empty()) std::printf("\nstrata\n");
  for (const auto& [name, patients] : strata_of(plan))
    std::printf("  %s: %u patient%s\n", name.c_str(), patients, patients == 1 ? "" : "s");
  std::printf("\narms\n");
  for (std::size_t i = 0; i < plan.arms.size(); ++i)
    std::printf("  %s%s\n", plan.arms[i].name.c_str(), i == plan.reference ? "   (reference)" : "");
  show(trial::summary_of(plan));
  show_sites(plan);
  show(plan, beams);
  std::printf(
      "\nwork    %llu scans (rays traced %llu times, %.1f billion rays), %llu reconstructions\n",
      static_cast<unsigned long long>(e.scans), static_cast<unsigned long long>(e.traced_scans),
      e.rays / 1e9, static_cast<unsigned long long>(e.reconstructions));
  const auto cases = std::max<std::uint64_t>(1, plan.cases.size());
  std::printf("        rays traced %llu times per patient for %llu images (kept, they take %s)\n",
              static_cast<unsigned long long>(e.traced_scans / cases),
              static_cast<unsigned long long>(e.images / cases), amount(e.cache_bytes).c_str());
  if (const auto ways = plan.scenario.measure.preprocessing.size(); ways > 0)
    std::printf("        each image measured as it is and after %zu preprocessing%s\n", ways,
                ways == 1 ? "" : "s");
  std::printf("output  %llu images, %llu files, about %s\n",
              static_cast<unsigned long long>(e.images), static_cast<unsigned long long>(e.files),
              amount(e.disk_bytes).c_str());
  std::printf("needs   about %s of memory and %s on %d threads\n", amount(e.memory_bytes).c_str(),
              duration(e.seconds).c_str(), threads);
  for (const std::string& note : trial::geometry_notes(plan))
    std::printf("note    %s\n", note.c_str());
  show_expected_precision(plan);
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

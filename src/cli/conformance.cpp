#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/conformance_filters.hpp"
#include "vitrine/cli/conformance_parts.hpp"
#include "vitrine/cli/conformance_reference.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine::cli {
namespace {

namespace ibsi = radiomics::ibsi;

struct Options {
  std::string data, image, mask, json;
};

/// A benchmark and what it is compared with.
struct Task {
  ibsi::Benchmark benchmark;
  std::vector<IbsiReference> references;
};

struct Comparison {
  std::string benchmark;
  IbsiReference reference;
  std::string id;      ///< ours; empty if not built
  double value = 0;    ///< NaN if there is none
  std::string reason;  ///< why there is none
  Verdict verdict = Verdict::not_built;
  bool is_diagnostic() const { return !reference.stage.empty(); }
};

Comparison compare(const Task& task, const IbsiReference& reference) {
  return {task.benchmark.id, reference, {}, std::nan(""), {}, Verdict::not_built};
}

void judge(Comparison& c, const std::string& id, double value) {
  c.id = id;
  c.value = value;
  c.verdict = verdict_of(value, c.reference.value, c.reference.tolerance);
}

std::vector<Comparison> run(const Task& task, const ibsi::Phantom& phantom) {
  const radiomics::Settings& settings = task.benchmark.settings;
  const radiomics::Region region =
      radiomics::prepare(phantom.image, phantom.mask, settings, radiomics::Keep::surroundings);
  std::set<std::string> aggregations;
  for (const IbsiReference& reference : task.references)
    aggregations.insert(reference.key.aggregation);
  std::map<ibsi::Key, radiomics::FeatureValue> features;
  for (const ibsi::Value& value : ibsi::measure(region, settings, aggregations))
    features.emplace(value.key, value.feature);
  std::map<std::pair<std::string, std::string>, radiomics::Diagnostic> diagnostics;
  for (const auto& row : radiomics::diagnostics(phantom.image, settings, region))
    diagnostics.emplace(std::pair(row.ibsi_stage, row.ibsi_name), row);

  std::vector<Comparison> comparisons;
  for (const IbsiReference& reference : task.references) {
    Comparison c = compare(task, reference);
    if (c.is_diagnostic()) {
      const auto found = diagnostics.find({reference.stage, reference.feature});
      if (found != diagnostics.end()) judge(c, found->second.id, found->second.value);
    } else if (const auto found = features.find(reference.key); found != features.end()) {
      judge(c, std::string(found->second.info->id), found->second.value);
      c.reason = found->second.reason;
    }
    comparisons.push_back(std::move(c));
  }
  return comparisons;
}

Count count(const std::vector<Comparison>& all, bool diagnostics) {
  Count count;
  for (const Comparison& c : all)
    if (c.is_diagnostic() == diagnostics) count.add(c.verdict);
  return count;
}

/// One row per family, one column per benchmark.
void print_table(const std::vector<Task>& tasks, const std::vector<Comparison>& all) {
  std::vector<std::string> families;
  std::map<std::pair<std::string, std::string>, Count> cells;
  for (const Comparison& c : all) {
    const std::string& family = c.reference.family;
    if (std::find(families.begin(), families.end(), family) == families.end())
      families.push_back(family);
    cells[{family, c.benchmark}].add(c.verdict);
    cells[{family, ""}].add(c.verdict);
  }
  // Features first: the files of the CT phantom begin with their diagnostics.
  std::stable_partition(families.begin(), families.end(),
                        [](const std::string& f) { return !f.starts_with("Diagnostics"); });
  std::printf("%-33s", "family");
  for (const Task& task : tasks) {
    const std::string& id = task.benchmark.id;
    std::printf(" %9s",
                task.benchmark.is_ct ? ("CT " + id.substr(id.size() - 1)).c_str() : "digital");
  }
  std::printf(" %10s\n", "all");
  for (const std::string& family : families) {
    std::printf("%-33s", family.c_str());
    for (const Task& task : tasks)
      std::printf(" %9s", cells[{family, task.benchmark.id}].text().c_str());
    std::printf(" %10s\n", cells[{family, ""}].text().c_str());
  }
}

void print_misses(const std::vector<Comparison>& all) {
  constexpr int most_shown = 30;
  std::map<std::string, int> not_built;
  int shown = 0, misses = 0;
  for (const Comparison& c : all) {
    if (c.verdict == Verdict::not_built) ++not_built[c.reference.family];
    if (c.verdict != Verdict::fail && c.verdict != Verdict::no_value) continue;
    ++misses;
    if (++shown > most_shown) continue;
    const std::string found =
        c.verdict == Verdict::fail ? to_text(c.value) : "no value (" + c.reason + ")";
    std::printf("%s %s: %s%s%s is %s, the reference %s +- %s\n", shown == 1 ? "\nmissed:\n " : " ",
                c.benchmark.c_str(), c.reference.feature.c_str(),
                c.reference.aggregation.empty() ? "" : ", ", c.reference.aggregation.c_str(),
                found.c_str(), to_text(c.reference.value).c_str(),
                to_text(c.reference.tolerance).c_str());
  }
  if (misses > most_shown) std::printf("  and %d more\n", misses - most_shown);
  for (const auto& [family, n] : not_built)
    std::printf("\nnot built: %s (%d values)", family.c_str(), n);
  if (!not_built.empty()) std::printf("\n");
}

std::string as_json(const std::vector<Comparison>& all) {
  const Count features = count(all, false), diagnostics = count(all, true);
  Value root;
  root.set("benchmark", "ibsi1");
  root.set("passed", double(features.passed));
  root.set("total", double(features.total));
  root.set("diagnostics_passed", double(diagnostics.passed));
  root.set("diagnostics_total", double(diagnostics.total));
  root.set("conforms",
           features.passed == features.total && diagnostics.passed == diagnostics.total);
  Value::List values;
  for (const Comparison& c : all) {
    Value row;
    row.set("benchmark", c.benchmark);
    row.set("family", c.reference.family);
    row.set("feature", c.reference.feature);
    row.set("id", c.id);
    row.set("ibsi_code", c.reference.key.feature);
    row.set("aggregation", c.reference.aggregation);
    row.set("aggregation_code", c.reference.key.aggregation);
    row.set("value", c.value);
    row.set("reference", c.reference.value);
    row.set("tolerance", c.reference.tolerance);
    row.set("verdict", verdict_names[std::size_t(c.verdict)]);
    if (!c.reason.empty()) row.set("reason", c.reason);
    values.push_back(std::move(row));
  }
  root.set("values", Value(std::move(values)));
  return to_json(root, 2) + "\n";
}

int conform(const Options& options) {
  const io::Path data = options.data;
  const io::Path image = or_default(options.image, data / "ct_phantom" / "image.nii.gz");
  const io::Path mask = or_default(options.mask, data / "ct_phantom" / "mask.nii.gz");
  const auto reference_of = [&](const ibsi::Benchmark& benchmark) {
    return data / "reference" / ("ibsi1_" + benchmark.id + ".csv");
  };
  std::vector<io::Path> files{image, mask};
  for (const ibsi::Benchmark& benchmark : ibsi::benchmarks())
    files.push_back(reference_of(benchmark));
  require_files(files, "ibsi1");

  std::vector<Task> tasks;
  for (const ibsi::Benchmark& benchmark : ibsi::benchmarks())
    tasks.push_back({benchmark, read_ibsi_reference(reference_of(benchmark))});
  const ibsi::Phantom digital = ibsi::digital_phantom(), ct = read_ct_phantom(image, mask);
  std::vector<Comparison> all;
  for (const Task& task : tasks) {
    auto compared = run(task, task.benchmark.is_ct ? ct : digital);
    std::move(compared.begin(), compared.end(), std::back_inserter(all));
  }

  if (!options.json.empty()) io::write_file(options.json, as_json(all));
  print_table(tasks, all);
  print_misses(all);
  const Count features = count(all, false), diagnostics = count(all, true);
  const bool conforms =
      features.passed == features.total && diagnostics.passed == diagnostics.total;
  std::printf("\nIBSI 1: %d of %d values and %d of %d diagnostics agree: %s.\n", features.passed,
              features.total, diagnostics.passed, diagnostics.total,
              conforms ? "conforms" : "does not conform");
  return conforms ? ok : check_failed;
}

constexpr const char* expected_files =
    "\nDIR holds, as docs/formats/ibsi_reference.md describes:\n"
    "  reference/ibsi1_digital_phantom.csv, reference/ibsi1_ct_configA.csv ... configE.csv\n"
    "  ct_phantom/image.nii.gz, ct_phantom/mask.nii.gz (or name them by --image and --mask)\n"
    "The digital phantom is built in. Exit code 1 if a value is missed or not built.";

}  // namespace

void add_conformance(CLI::App& app, int& code) {
  auto* command = app.add_subcommand(
      "conformance", "Compare features with the reference values of a standard: ibsi1, ibsi2");
  command->require_subcommand(1);
  auto* first = command->add_subcommand(
      "ibsi1", "IBSI 1: digital phantom, and CT phantom in configurations A to E");
  first->footer(expected_files);
  auto options = std::make_shared<Options>();
  first->add_option("--data", options->data, "directory of reference values and CT phantom")
      ->required();
  first->add_option("--image", options->image, "the CT phantom's image");
  first->add_option("--mask", options->mask, "the CT phantom's mask");
  first->add_option("--json", options->json,
                    "write every value with reference, tolerance and verdict here");
  first->callback([options, &code] { code = conform(*options); });
  add_filter_conformance(*command, code);
}

}  // namespace vitrine::cli

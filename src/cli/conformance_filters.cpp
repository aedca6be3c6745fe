#include "vitrine/cli/conformance_filters.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>

#include "vitrine/cli/conformance_parts.hpp"
#include "vitrine/cli/conformance_reference.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/version.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/image_reader.hpp"
#include "vitrine/radiomics/filters/ibsi2.hpp"
#include "vitrine/radiomics/filters/response.hpp"

namespace vitrine::cli {
namespace {

namespace ibsi = radiomics::ibsi;

/// Largest difference from a reference map, in percent of its range: the standard's, and ours.
constexpr double standard_percent = 1.0, own_percent = 0.1;

struct Options {
  std::string data, image, mask, json;
};

struct MapComparison {
  ResponseReference reference;
  std::string filter;             ///< ours; empty if not built
  double percent = std::nan("");  ///< largest difference
  Verdict standard = Verdict::not_built, own = Verdict::not_built;
};

struct ValueComparison {
  FilteredReference reference;
  std::string filter, id;  ///< ours; empty if not built
  double value = std::nan("");
  std::string reason;  ///< why there is none
  Verdict verdict = Verdict::not_built;
};

/// What the filters of phase 2 are, by the number in front of the configuration.
std::string family_of(const std::string& benchmark) {
  static const std::map<std::string, std::string> families{
      {"1", "none"},         {"2", "mean"},       {"3", "LoG"},
      {"4", "Laws"},         {"5", "Gabor"},      {"6", "Daubechies 3"},
      {"7", "Daubechies 3"}, {"8", "Simoncelli"}, {"9", "Simoncelli"}};
  const auto found = families.find(benchmark.substr(0, benchmark.find('.')));
  return found == families.end() ? benchmark : found->second;
}

/// The map's file, packed or not.
io::Path map_file(const io::Path& folder, const std::string& name) {
  const io::Path file = folder / name;
  std::error_code error;
  return std::filesystem::exists(file, error) ? file : folder / (name + ".gz");
}

Verdict verdict_within(double percent, double limit) {
  return percent <= limit ? Verdict::pass : Verdict::fail;
}

MapComparison compare_map(const ResponseReference& reference, const io::Path& folder,
                          const std::vector<ibsi::ResponseTest>& tests) {
  MapComparison c{reference, {}, std::nan(""), Verdict::not_built, Verdict::not_built};
  const auto test = std::find_if(tests.begin(), tests.end(),
                                 [&](const ibsi::ResponseTest& t) { return t.id == reference.id; });
  if (test == tests.end()) return c;
  const Image phantom = io::read_image(folder / "phantoms" / reference.phantom / "image.nii.gz"),
              expected = io::read_image(map_file(folder / "response_maps", reference.map));
  c.filter = filter_name(test->filter);
  c.percent = ibsi::difference_percent(test->filter->apply(phantom, chosen_isa()), expected);
  c.standard = verdict_within(c.percent, standard_percent);
  c.own = verdict_within(c.percent, own_percent);
  return c;
}

/// The CT phantom as configuration A or B prepares it.
struct Prepared {
  radiomics::Region region;
  Image image;
};

/// Statistics of the phantom's response to a filter, by IBSI code.
std::map<std::string, radiomics::FeatureValue> statistics(
    const Prepared& prepared, const ibsi::FilteredBenchmark& benchmark) {
  const std::vector<std::string> wanted{"statistics"};
  const Image response = benchmark.filter->apply(prepared.image, chosen_isa());
  std::map<std::string, radiomics::FeatureValue> found;
  for (const auto& value :
       radiomics::extract(radiomics::with_response(prepared.region, response),
                          radiomics::response_settings(benchmark.settings), wanted))
    found.emplace(value.info->ibsi_code, value);
  return found;
}

std::vector<ValueComparison> compare_values(const std::vector<FilteredReference>& references,
                                            const ibsi::Phantom& ct) {
  std::vector<ValueComparison> all;
  for (const FilteredReference& reference : references)
    all.push_back({reference, {}, {}, std::nan(""), {}, Verdict::not_built});
  std::map<char, Prepared> prepared;  // by configuration
  for (const ibsi::FilteredBenchmark& benchmark : ibsi::filtered_benchmarks()) {
    const char configuration = benchmark.id.back();
    const auto [entry, is_new] = prepared.try_emplace(configuration, Prepared{{}, Image(Grid{})});
    if (is_new)
      entry->second = {radiomics::prepare(ct.image, ct.mask, benchmark.settings),
                       radiomics::interpolated(ct.image, benchmark.settings)};
    const auto found = statistics(entry->second, benchmark);
    for (ValueComparison& c : all) {
      if (c.reference.benchmark != benchmark.id) continue;
      const auto value = found.find(c.reference.code);
      if (value == found.end()) continue;
      c.filter = filter_name(benchmark.filter);
      c.id = value->second.info->id;
      c.value = value->second.value;
      c.reason = value->second.reason;
      c.verdict = verdict_of(c.value, c.reference.value, c.reference.tolerance);
    }
  }
  return all;
}

struct Counts {
  Count standard, own, values;
  std::optional<double> worst;  ///< percent; of the maps that are built
};

/// Counts by family, in the order of the references.
std::vector<std::pair<std::string, Counts>> families_of(
    const std::vector<MapComparison>& maps, const std::vector<ValueComparison>& values) {
  std::vector<std::pair<std::string, Counts>> families;
  const auto family = [&](const std::string& name) -> Counts& {
    for (auto& [known, counts] : families)
      if (known == name) return counts;
    return families.emplace_back(name, Counts{}).second;
  };
  for (const MapComparison& map : maps) {
    Counts& counts = family(map.reference.filter);
    counts.standard.add(map.standard);
    counts.own.add(map.own);
    if (map.standard != Verdict::not_built)
      counts.worst = std::max(counts.worst.value_or(0.0), map.percent);
  }
  for (const ValueComparison& c : values)
    family(family_of(c.reference.benchmark)).values.add(c.verdict);
  return families;
}

Counts sum_of(const std::vector<std::pair<std::string, Counts>>& families) {
  Counts all;
  const auto add = [](Count& to, const Count& from) {
    to.passed += from.passed;
    to.total += from.total;
  };
  for (const auto& [name, counts] : families) {
    add(all.standard, counts.standard);
    add(all.own, counts.own);
    add(all.values, counts.values);
    if (counts.worst) all.worst = std::max(all.worst.value_or(0.0), *counts.worst);
  }
  return all;
}

void print_table(const std::vector<std::pair<std::string, Counts>>& families) {
  std::printf("%-16s %11s %13s %20s %10s\n", "filter", "maps, 1 %", "maps, 0.1 %",
              "largest difference", "features");
  const auto print = [](const std::string& name, const Counts& c) {
    std::array<char, 32> worst{"-"};
    if (c.worst) std::snprintf(worst.data(), worst.size(), "%.2g %%", *c.worst);
    std::printf("%-16s %11s %13s %20s %10s\n", name.c_str(), c.standard.text().c_str(),
                c.own.text().c_str(), worst.data(), c.values.text().c_str());
  };
  for (const auto& [name, counts] : families) print(name, counts);
  print("all", sum_of(families));
}

void print_misses(const std::vector<MapComparison>& maps,
                  const std::vector<ValueComparison>& values) {
  std::string not_built;
  const auto note = [&](const std::string& what) {
    not_built += (not_built.empty() ? "\nnot built: " : ", ") + what;
  };
  for (const MapComparison& map : maps) {
    if (map.standard == Verdict::not_built) note(map.reference.id);
    if (map.own == Verdict::fail)
      std::printf("map %s: %s differs by %.3g %% of its range\n", map.reference.id.c_str(),
                  map.filter.c_str(), map.percent);
  }
  std::map<std::string, int> missing;
  for (const ValueComparison& c : values) {
    if (c.verdict == Verdict::not_built) ++missing[c.reference.benchmark];
    if (c.verdict == Verdict::pass || c.verdict == Verdict::not_built) continue;
    std::printf("value %s: %s is %s, the reference %s +- %s\n", c.reference.benchmark.c_str(),
                c.reference.feature.c_str(),
                c.verdict == Verdict::fail ? to_text(c.value).c_str()
                                           : ("no value (" + c.reason + ")").c_str(),
                to_text(c.reference.value).c_str(), to_text(c.reference.tolerance).c_str());
  }
  for (const auto& [benchmark, n] : missing) note(str(benchmark, " (", n, " values)"));
  if (!not_built.empty()) std::printf("%s\n", not_built.c_str());
}

std::string as_json(const std::vector<MapComparison>& maps,
                    const std::vector<ValueComparison>& values, const Counts& all) {
  Value root;
  root.set("benchmark", "ibsi2");
  root.set("passed", double(all.values.passed));
  root.set("total", double(all.values.total));
  root.set("maps_passed", double(all.standard.passed));
  root.set("maps_passed_own", double(all.own.passed));
  root.set("maps_total", double(all.standard.total));
  root.set("conforms", all.values.all() && all.standard.all());
  Value::List map_rows, value_rows;
  for (const MapComparison& map : maps) {
    Value row;
    row.set("test", map.reference.id);
    row.set("family", map.reference.filter);
    row.set("phantom", map.reference.phantom);
    row.set("filter", map.filter);
    row.set("difference_percent", map.percent);
    row.set("tolerance_percent", standard_percent);
    row.set("own_tolerance_percent", own_percent);
    row.set("verdict", verdict_names[std::size_t(map.standard)]);
    row.set("own_verdict", verdict_names[std::size_t(map.own)]);
    map_rows.push_back(std::move(row));
  }
  for (const ValueComparison& c : values) {
    Value row;
    row.set("benchmark", c.reference.benchmark);
    row.set("family", family_of(c.reference.benchmark));
    row.set("filter", c.filter);
    row.set("feature", c.reference.feature);
    row.set("id", c.id);
    row.set("ibsi_code", c.reference.code);
    row.set("value", c.value);
    row.set("reference", c.reference.value);
    row.set("tolerance", c.reference.tolerance);
    row.set("verdict", verdict_names[std::size_t(c.verdict)]);
    if (!c.reason.empty()) row.set("reason", c.reason);
    value_rows.push_back(std::move(row));
  }
  root.set("maps", Value(std::move(map_rows)));
  root.set("values", Value(std::move(value_rows)));
  return to_json(root, 2) + "\n";
}

int conform(const Options& options) {
  const io::Path data = options.data, folder = data / "ibsi2";
  const io::Path image = or_default(options.image, data / "ct_phantom" / "image.nii.gz");
  const io::Path mask = or_default(options.mask, data / "ct_phantom" / "mask.nii.gz");
  const io::Path tests_file = data / "reference" / "ibsi2_phase1_tests.csv",
                 values_file = data / "reference" / "ibsi2_phase2_features.csv";
  require_files({image, mask, tests_file, values_file}, "ibsi2");
  const auto map_references = read_response_references(tests_file);
  const auto value_references = read_filtered_references(values_file);
  std::vector<io::Path> files;
  for (const ResponseReference& reference : map_references) {
    files.push_back(folder / "phantoms" / reference.phantom / "image.nii.gz");
    files.push_back(map_file(folder / "response_maps", reference.map));
  }
  require_files(files, "ibsi2");

  std::vector<MapComparison> maps;
  const auto tests = ibsi::response_tests();
  for (const ResponseReference& reference : map_references)
    maps.push_back(compare_map(reference, folder, tests));
  const auto values = compare_values(value_references, read_ct_phantom(image, mask));

  const auto families = families_of(maps, values);
  const Counts all = sum_of(families);
  if (!options.json.empty()) io::write_file(options.json, as_json(maps, values, all));
  print_table(families);
  print_misses(maps, values);
  const bool conforms = all.standard.all() && all.values.all();
  std::printf(
      "\nIBSI 2: %d of %d response maps agree within 1 %% (%d within 0.1 %%) and %d of %d values: "
      "%s.\n",
      all.standard.passed, all.standard.total, all.own.passed, all.values.passed, all.values.total,
      conforms ? "conforms" : "does not conform");
  return conforms ? ok : check_failed;
}

constexpr const char* expected_files =
    "\nDIR holds, as docs/formats/ibsi_reference.md describes:\n"
    "  reference/ibsi2_phase1_tests.csv, reference/ibsi2_phase2_features.csv\n"
    "  ibsi2/phantoms/NAME/image.nii.gz, ibsi2/response_maps/*.nii or *.nii.gz\n"
    "  ct_phantom/image.nii.gz, ct_phantom/mask.nii.gz (or name them by --image and --mask)\n"
    "Exit code 1 if a map or value is missed or not built.";

}  // namespace

void add_filter_conformance(CLI::App& conformance, int& code) {
  auto* second = conformance.add_subcommand(
      "ibsi2", "IBSI 2: response maps of filters, and features of the CT phantom after them");
  second->footer(expected_files);
  auto options = std::make_shared<Options>();
  second->add_option("--data", options->data, "directory of reference values, phantoms and maps")
      ->required();
  second->add_option("--image", options->image, "the CT phantom's image");
  second->add_option("--mask", options->mask, "the CT phantom's mask");
  second->add_option("--json", options->json,
                     "write every map and value with reference, tolerance and verdict here");
  second->callback([options, &code] { code = conform(*options); });
}

}  // namespace vitrine::cli

#include "vitrine/radiomics/ibsi.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "vitrine/core/parallel.hpp"

namespace vitrine::radiomics::ibsi {
namespace {

/// IBSI's code for features that have no aggregation: "volume".
constexpr std::string_view whole_volume = "DHQ4";

/// The settings with one of them, an aggregation, replaced.
Settings with(const Settings& settings, const std::string& key, const std::string& choice) {
  auto tree = Settings::schema().write(settings);
  auto& members = std::get<vitrine::Value::Map>(tree.data);
  std::erase_if(members, [&](const vitrine::Value::Member& m) { return m.key == key; });
  tree.set(key, choice);
  Diagnostics problems;
  Settings changed = Settings::schema().read(tree, problems);
  VITRINE_EXPECT(problems.ok());
  return changed;
}

/// One family in one of its aggregations.
struct Task {
  std::string family;
  Settings settings;
};

std::vector<Task> tasks_of(const Settings& settings, const std::set<std::string>& aggregations) {
  std::vector<Task> tasks;
  const auto fields = Settings::schema().fields();
  for (const FamilyInfo& family : families()) {
    const std::string id(family.id);
    const auto field = std::find_if(fields.begin(), fields.end(),
                                    [&](const FieldInfo& info) { return info.key == id; });
    if (field == fields.end()) {
      tasks.push_back({id, settings});
      continue;
    }
    for (const std::string& choice : field->options)
      if (aggregations.contains(std::string(aggregation_code(choice))))
        tasks.push_back({id, with(settings, id, choice)});
  }
  return tasks;
}

Key key_of(const FeatureValue& value) {
  const std::string_view code =
      value.aggregation.empty() ? whole_volume : aggregation_code(value.aggregation);
  const bool at_10 = value.info->id.ends_with("_10"), at_90 = value.info->id.ends_with("_90");
  const bool is_ivh = value.info->family == "ivh";
  return {std::string(value.info->ibsi_code), std::string(code),
          is_ivh && at_10   ? 10
          : is_ivh && at_90 ? 90
                            : 0};
}

}  // namespace

Phantom digital_phantom() {
  // IBSI's data set, CC BY 4.0.
  constexpr std::array<int, 80> values{
      1, 4, 4, 1, 1, 1, 4, 6, 1, 1, 4, 1, 6, 4, 1, 4, 4, 6, 4, 1,   // slice 0
      1, 4, 4, 1, 1, 1, 1, 6, 1, 1, 1, 1, 3, 1, 1, 4, 4, 6, 1, 1,   // slice 1
      1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 9, 1, 1, 1, 1, 6, 1, 1,   // slice 2
      1, 4, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 6, 1, 1};  // slice 3
  const Grid grid{{5, 4, 4}, Vec3(2, 2, 2), Vec3(0, 0, 0), Mat3::Identity()};
  Phantom phantom{Image(grid), Mask(grid, 1)};
  for (std::size_t v = 0; v < values.size(); ++v) phantom.image.values()[v] = float(values[v]);
  for (const auto& [i, j, k] :
       {std::array{0, 2, 1}, {3, 0, 2}, {4, 0, 2}, {2, 2, 2}, {3, 0, 3}, {4, 0, 3}})
    phantom.mask(i, j, k) = 0;
  return phantom;
}

std::vector<Benchmark> benchmarks() {
  Settings digital, a, b, c, d, e;
  digital.bin_width_hu = 1;  // intensities are the grey levels
  a.range_hu = b.range_hu = {-500.0, 400.0};
  c.range_hu = e.range_hu = {-1000.0, 400.0};
  a.bin_width_hu = c.bin_width_hu = 25;
  b.bin_count = d.bin_count = e.bin_count = 32;
  b.spacing_mm = c.spacing_mm = d.spacing_mm = e.spacing_mm = 2;
  b.in_plane_only = true;
  d.outlier_sigma = e.outlier_sigma = 3;
  e.interpolation = Interpolation::cubic;
  c.ivh_bin_width_hu = 2.5;
  e.ivh_bin_count = 1000;
  return {{"digital_phantom", "digital phantom", false, digital},
          {"ct_configA", "CT phantom, configuration A", true, a},
          {"ct_configB", "CT phantom, configuration B", true, b},
          {"ct_configC", "CT phantom, configuration C", true, c},
          {"ct_configD", "CT phantom, configuration D", true, d},
          {"ct_configE", "CT phantom, configuration E", true, e}};
}

std::vector<Value> measure(const Region& region, const Settings& settings,
                           const std::set<std::string>& aggregations) {
  const std::vector<Task> tasks = tasks_of(settings, aggregations);
  std::vector<std::vector<FeatureValue>> found(tasks.size());
  parallel_for(std::ssize(tasks), [&](Index t) {
    const Task& task = tasks[std::size_t(t)];
    found[std::size_t(t)] = extract(region, task.settings, std::array{task.family});
  });
  std::vector<Value> values;
  for (const auto& of_task : found)
    for (const FeatureValue& value : of_task) values.push_back({key_of(value), value});
  return values;
}

bool agrees(double value, double reference, double tolerance) {
  if (!std::isfinite(value)) return false;
  double rounded = value;
  if (value != std::floor(value)) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value,
                                   std::chars_format::scientific, 2)
                         .ptr;
    std::from_chars(text.data(), end, rounded);
  }
  const double slack = 1e-9 * std::abs(reference);  // of decimals that are no binary numbers
  return std::abs(rounded - reference) <= tolerance + slack;
}

}  // namespace vitrine::radiomics::ibsi

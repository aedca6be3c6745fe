#include "vitrine/cli/load_scenario.hpp"

#include <filesystem>
#include <functional>
#include <span>

#include "vitrine/cli/scenario_files.hpp"
#include "vitrine/config/caret.hpp"
#include "vitrine/config/override.hpp"
#include "vitrine/config/yaml.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/draft.hpp"

namespace vitrine::cli {
namespace {

Value* find_mutable(Value& node, std::string_view key) {
  return const_cast<Value*>(std::as_const(node).find(key));
}

bool is_yaml(const std::filesystem::path& path) {
  return path.extension() == ".yaml" || path.extension() == ".yml";
}

/// Visit what stands at `path`, keys from `node` on; `[]` stands for every item of a list.
void for_each(Value& node, std::span<const std::string_view> path,
              const std::function<void(Value&)>& visit) {
  if (path.empty()) return visit(node);
  if (path.front() != "[]") {
    if (Value* next = find_mutable(node, path.front())) for_each(*next, path.subspan(1), visit);
  } else if (auto* list = std::get_if<Value::List>(&node.data)) {
    for (Value& item : *list) for_each(item, path.subspan(1), visit);
  }
}

class Loader {
 public:
  LoadedScenario result;

  Value read(const std::string& file, const std::string& text) {
    result.texts[file] = text;
    return config::parse_yaml(text, file, result.problems);
  }

  /// Replace a text node that names a YAML file by that file's content.
  void resolve(Value& node, const std::filesystem::path& folder) {
    const auto* name = node.as<std::string>();
    if (!name) return;
    const std::filesystem::path path = folder / *name;
    if (!is_yaml(path))
      return once(
          node.where,
          str("'", *name,
              "' is not a YAML file (a name that ends in .yaml is expected here, or a map)"));
    if (!std::filesystem::is_regular_file(path))
      return once(
          node.where,
          str("there is no file '", *name, "' (looked for ", path.lexically_normal().string(),
              "; paths are relative to the scenario's folder). `vitrine init` writes a scenario "
              "with its files."));
    node = read(path.lexically_normal().string(), io::read_text(path, config::max_document_bytes));
  }

  /// The same for a kernel, which may also be a kind: where arms name one.
  void resolve_kernels(Value& arms, const std::filesystem::path& folder) {
    using Path = std::vector<std::string_view>;
    for (const Path& path :
         {Path{"protocol", "kernel"}, Path{"protocols", "[]", "kernel"},
          Path{"vary", "kernel", "[]"}, Path{"design", "scanners", "[]", "vary", "kernel", "[]"},
          Path{"design", "arms", "[]", "kernel"}})
      for_each(arms, path, [&](Value& kernel) {
        if (const auto* name = kernel.as<std::string>(); name && is_yaml(*name))
          resolve(kernel, folder);
      });
  }

 private:
  /// Names are looked up before overrides and after: a problem is said once.
  void once(const Location& where, const std::string& message) {
    for (const auto& entry : result.problems.entries())
      if (entry.message == message && to_string(entry.where) == to_string(where)) return;
    result.problems.error(where, message);
  }
};

/// Hand the files that the patients' anatomy names down to it.
void supply(LoadedScenario& loaded, const std::filesystem::path& folder) {
  phantoms::Cohort& patients = loaded.scenario.patients;
  ScenarioFiles files(folder);
  try {
    if (auto anatomy = patients.anatomy->supplied(files)) {
      require(patients.strata.empty() && patients.correlations.empty(), Error::Kind::input,
              "an imported body has no parameters to draw (strata and correlations are given). "
              "Leave them out.");
      patients.anatomy.thing = std::move(anatomy);
    }
  } catch (const Error& error) {
    loaded.problems.error(error.where().value_or(Location{}), error.what());
  }
  loaded.scenario.files = files.read();
}

}  // namespace

LoadedScenario load_scenario(const std::string& file, const std::vector<std::string>& overrides) {
  Loader loader;
  Diagnostics& problems = loader.result.problems;
  Value tree = loader.read(file, io::read_text(file, config::max_document_bytes));
  const std::filesystem::path folder = std::filesystem::path(file).parent_path();
  const auto resolve = [&] {
    if (Value* patients = find_mutable(tree, "patients"))
      if (Value* anatomy = find_mutable(*patients, "anatomy"))
        for (const char* key : {"labels", "objects", "ramp", "materials"})
          if (Value* table = find_mutable(*anatomy, key)) loader.resolve(*table, folder);
    Value* arms = find_mutable(tree, "arms");
    if (!arms) return;
    if (Value* scanners = find_mutable(*arms, "scanners"); scanners && scanners->as<Value::List>())
      for (Value& scanner : std::get<Value::List>(scanners->data)) loader.resolve(scanner, folder);
    if (Value* protocol = find_mutable(*arms, "protocol")) loader.resolve(*protocol, folder);
    if (Value* list = find_mutable(*arms, "protocols"); list && list->as<Value::List>())
      for (Value& protocol : std::get<Value::List>(list->data)) loader.resolve(protocol, folder);
    loader.resolve_kernels(*arms, folder);
  };
  resolve();  // so that an override reaches into a protocol's file ...
  for (const std::string& text : overrides) config::apply_override(tree, text, problems);
  resolve();  // ... and may name another file
  Diagnostics checking;
  if (!tree.empty()) loader.result.scenario = trial::Scenario::schema().read(tree, checking);
  problems = config::without_echoes(problems, checking);
  if (problems.ok()) supply(loader.result, folder);
  if (problems.ok()) loader.result.scenario = trial::drafted(std::move(loader.result.scenario));
  return std::move(loader.result);
}

LoadedScenario load_valid_scenario(const std::string& file,
                                   const std::vector<std::string>& overrides) {
  LoadedScenario loaded = load_scenario(file, overrides);
  if (loaded.problems.ok()) return loaded;
  const auto n = loaded.problems.entries().size();
  throw Error(Error::Kind::input,
              str(config::show(loaded.problems, loaded.texts), n, n == 1 ? " problem" : " problems",
                  " in ", file, "; nothing was run."));
}

}  // namespace vitrine::cli

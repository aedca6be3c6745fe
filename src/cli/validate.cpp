#include <cstdio>
#include <memory>

#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/load_scenario.hpp"
#include "vitrine/cli/overrides.hpp"
#include "vitrine/config/caret.hpp"

namespace vitrine::cli {

void add_validate(CLI::App& app, int& code) {
  struct Options {
    std::string scenario;
    std::vector<std::string> overrides;
    bool json = false;
  };
  auto* command =
      app.add_subcommand("validate", "Check a scenario: every problem with file, line and column");
  auto options = std::make_shared<Options>();
  command->add_option("scenario", options->scenario, "scenario file (YAML)")->required();
  add_overrides(*command, options->overrides);
  command->add_flag("--json", options->json, "machine-readable");
  command->callback([options, &code] {
    const LoadedScenario loaded = load_scenario(options->scenario, options->overrides);
    const auto n = loaded.problems.entries().size();
    if (options->json) {
      std::printf("%s\n", config::to_json_text(loaded.problems).c_str());
    } else if (n == 0) {
      std::printf("%s is valid.\nfingerprint %s\n", options->scenario.c_str(),
                  trial::fingerprint(loaded.scenario).c_str());
    } else {
      std::fprintf(stderr, "%s%zu %s in %s.\n", config::show(loaded.problems, loaded.texts).c_str(),
                   n, n == 1 ? "problem" : "problems", options->scenario.c_str());
    }
    code = n == 0 ? ok : bad_input;
  });
}

}  // namespace vitrine::cli

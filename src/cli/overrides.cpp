#include "vitrine/cli/overrides.hpp"

namespace vitrine::cli {

void add_overrides(CLI::App& command, std::vector<std::string>& overrides) {
  command.add_option("--set", overrides, "override a key: --set patients.count=2")
      ->take_all()
      ->expected(1);
  command
      .add_option_function<std::string>(
          "--quality",
          [&overrides](const std::string& quality) {
            overrides.push_back("simulation.quality=" + quality);
          },
          "draft: two patients, coarse sampling, small images, to try a scenario out")
      ->check(CLI::IsMember({"full", "draft"}));
}

}  // namespace vitrine::cli

#include <cstdio>
#include <memory>

#include "vitrine/cli/catalogues.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/cli/feature_reference.hpp"
#include "vitrine/config/explain.hpp"
#include "vitrine/config/json_schema.hpp"
#include "vitrine/recon/sinogram_file.hpp"

namespace vitrine::cli {

void add_list(CLI::App& app, int& code) {
  struct Options {
    std::string family;
    bool json = false;
  };
  auto* command = app.add_subcommand(
      "list", "What there is to choose from: anatomies, lesions, kernels, features, materials");
  auto options = std::make_shared<Options>();
  command->add_option("family", options->family, "only this family");
  command->add_flag("--json", options->json, "machine-readable");
  command->callback([options, &code] {
    const auto catalogues = all_catalogues();
    const std::string text = options->json
                                 ? to_json(config::list_json(catalogues, options->family), 2) + "\n"
                                 : config::list_text(catalogues, options->family);
    std::fputs(text.c_str(), stdout);
    code = ok;
  });
}

void add_explain(CLI::App& app, int& code) {
  struct Options {
    std::string name;
    bool markdown = false, json = false;
  };
  auto* command =
      app.add_subcommand("explain", "Keys, defaults, ranges and an example of one thing");
  auto options = std::make_shared<Options>();
  command->add_option(
      "name", options->name,
      "a kind, a family, a block such as protocol, or a key such as arms.repeat.count");
  auto* markdown = command->add_flag(
      "--markdown", options->markdown,
      "the reference page of everything, or with the name feature that of features");
  command->add_flag("--json", options->json, "machine-readable")->excludes(markdown);
  command->callback([options, &code] {
    const auto catalogues = all_catalogues();
    const bool features = options->markdown && options->name == "feature";
    require(features || options->markdown != !options->name.empty(), Error::Kind::input,
            "explain takes one name, or --markdown. `vitrine list` shows the names.");
    const std::string text =
        options->json       ? to_json(config::explain_json(options->name, catalogues), 2) + "\n"
        : features          ? feature_reference()
        : options->markdown ? config::catalogue_markdown(catalogues)
                            : config::explain_name(options->name, catalogues);
    std::fputs(text.c_str(), stdout);
    code = ok;
  });
}

void add_schema(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("schema", "JSON Schema of scenario or sinogram files, for editors");
  auto of = std::make_shared<std::string>("scenario");
  command->add_option("of", *of, "scenario (the default) or sinogram")
      ->check(CLI::IsMember({"scenario", "sinogram"}));
  command->callback([of, &code] {
    const Value value = *of == "sinogram" ? config::json_schema(entry_of<recon::SinogramFile>(),
                                                                all_catalogues(), {})
                                          : scenario_schema();
    std::printf("%s\n", to_json(value, 2).c_str());
    code = ok;
  });
}

}  // namespace vitrine::cli

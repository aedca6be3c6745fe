#include <cstdio>
#include <memory>

#include "vitrine/cli/catalogues.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/examples.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {
namespace {

int init(const io::Path& dir, const std::string& name) {
  const Example example = find_example(name);
  std::vector<std::pair<io::Path, std::string>> files;
  for (const ExampleFile* file : files_of(example))
    files.emplace_back(dir / file->path, file->text);
  files.emplace_back(dir / "schema.json", to_json(scenario_schema(), 2) + "\n");
  for (const auto& [path, text] : files)
    require(!std::filesystem::exists(path), Error::Kind::input, "'", path.string(),
            "' is there already, and nothing is overwritten. Choose another directory.");
  for (const auto& [path, text] : files) {
    io::make_directories(path.parent_path());
    io::write_file(path, text);
    std::printf("%s\n", path.c_str());
  }
  const std::string scenario = files.front().first.string();
  std::printf(
      "\nChange what you like, then\n  vitrine validate %s\n  vitrine run %s --out results\n",
      scenario.c_str(), scenario.c_str());
  return ok;
}

Value list_json() {
  Value::List list;
  for (const Example& example : examples()) {
    Value::List files;
    for (const ExampleFile* file : files_of(example)) files.emplace_back(std::string(file->path));
    list.push_back(Value()
                       .set("name", Value(std::string(example.name)))
                       .set("summary", Value(example.summary))
                       .set("files", Value(std::move(files))));
  }
  return Value(std::move(list));
}

}  // namespace

void add_init(CLI::App& app, int& code) {
  struct Options {
    std::string dir, example = "01";
    bool list = false, json = false;
  };
  auto* command = app.add_subcommand(
      "init", "Write a commented scenario that runs, with the files that it names, to start from");
  auto options = std::make_shared<Options>();
  command->add_option("dir", options->dir,
                      "directory for the files: new, or without files of these names");
  command
      ->add_option("--example,-e", options->example,
                   "number or name of the shipped scenario to start from")
      ->capture_default_str();
  auto* list = command->add_flag("--list", options->list, "show the shipped scenarios");
  command->add_flag("--json", options->json, "with --list: machine-readable")->needs(list);
  command->callback([options, &code] {
    require(options->list != !options->dir.empty(), Error::Kind::input,
            "init takes a directory, or --list.");
    if (options->json) {
      std::printf("%s\n", to_json(list_json(), 2).c_str());
      code = ok;
    } else if (options->list) {
      for (const Example& example : examples())
        std::printf("%-34s %s\n", std::string(example.name).c_str(), example.summary.c_str());
      code = ok;
    } else {
      code = init(options->dir, options->example);
    }
  });
}

}  // namespace vitrine::cli

#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace vitrine::cli {

/// A file of scenarios/ that the program carries inside.
struct ExampleFile {
  std::string_view path;  ///< below scenarios/: `scanners/generic_a64.yaml`
  std::string_view text;
};

/// All of them, sorted by path.
std::span<const ExampleFile> example_files();

/// A shipped scenario.
struct Example {
  std::string_view name;  ///< `01_lung_nodule_stability`
  std::string summary;    ///< what it teaches, one line
  const ExampleFile* file = nullptr;
};

/// The numbered scenarios, in their order.
std::vector<Example> examples();

/// The example of a number ("3", "03") or name; throws Error (input) that lists them.
Example find_example(const std::string& name);

/// The files that an example needs, itself first: those that it names, and those that they name.
std::vector<const ExampleFile*> files_of(const Example& example);

}  // namespace vitrine::cli

#include "vitrine/cli/examples.hpp"

#include <algorithm>
#include <cctype>

#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine::cli {
namespace {

constexpr std::string_view ending = ".yaml";

/// The first sentence after `# Scenario 01: `, over as many lines as it takes.
std::string summary_of(std::string_view text) {
  constexpr std::string_view mark = "# Scenario ", next_line = "\n# ";
  const auto begin = text.find(": ", text.find(mark));
  if (text.find(mark) == text.npos || begin == text.npos) return {};
  std::string sentence;
  for (std::size_t i = begin + 2; i < text.size(); ++i) {
    if (text.substr(i).starts_with(next_line)) {
      sentence += ' ';
      i += next_line.size() - 1;
      continue;
    }
    if (text[i] == '\n') break;
    const bool ends =
        text[i] == '?' || (text[i] == '.' && i + 1 < text.size() && text[i + 1] <= ' ');
    if (text[i] != '.' || !ends) sentence += text[i];
    if (ends) break;
  }
  return sentence;
}

}  // namespace

std::vector<Example> examples() {
  std::vector<Example> found;
  for (const ExampleFile& file : example_files())
    if (file.path.find('/') == file.path.npos &&
        std::isdigit(static_cast<unsigned char>(file.path[0])))
      found.push_back(
          {file.path.substr(0, file.path.size() - ending.size()), summary_of(file.text), &file});
  return found;
}

Example find_example(const std::string& name) {
  const bool is_number =
      !name.empty() && name.size() <= 2 &&
      std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  const std::string beginning = (is_number && name.size() == 1 ? "0" : "") + name + "_";
  std::vector<std::string> names;
  std::vector<Example> alike;
  for (const Example& example : examples()) {
    if (example.name == name || (is_number && example.name.starts_with(beginning))) return example;
    if (!is_number && example.name.find(name) != example.name.npos) alike.push_back(example);
    names.emplace_back(example.name);
  }
  if (alike.size() == 1) return alike.front();
  throw Error(Error::Kind::input,
              str(alike.empty() ? "there is no example '" : "more than one example is named '",
                  name, "'.", suggestion(name, names)));
}

std::vector<const ExampleFile*> files_of(const Example& example) {
  std::vector<const ExampleFile*> files{example.file};
  for (std::size_t i = 0; i < files.size(); ++i)
    for (const ExampleFile& other : example_files())
      if (files[i]->text.find(other.path) != std::string_view::npos &&
          std::find(files.begin(), files.end(), &other) == files.end())
        files.push_back(&other);
  return files;
}

}  // namespace vitrine::cli

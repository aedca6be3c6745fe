#include "vitrine/cli/command_tree.hpp"

#include <sstream>

namespace vitrine::cli {
namespace {

/// CLI11 appends what a check accepts to the type's name: `TEXT:{tidy,wide,json}`.
std::vector<std::string> choices_of(const std::string& type) {
  const auto open = type.find('{');
  if (open == std::string::npos || type.back() != '}') return {};
  std::istringstream text(type.substr(open + 1, type.size() - open - 2));
  std::vector<std::string> choices;
  for (std::string one; std::getline(text, one, ',');) choices.push_back(one);
  return choices;
}

ArgumentInfo describe(const CLI::Option& option) {
  ArgumentInfo info;
  for (const auto& name : option.get_snames()) info.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) info.names.push_back("--" + name);
  info.summary = option.get_description();
  info.required = option.get_required();
  const std::string type = option.get_type_name();
  info.choices = choices_of(type);
  if (option.get_positional())
    info.value = option.get_name(true);
  else if (option.get_type_size() != 0)
    info.value = type.substr(0, type.find(':'));
  return info;
}

}  // namespace

CommandInfo describe(const CLI::App& app) {
  CommandInfo info;
  info.name = app.get_name();
  info.summary = app.get_description();
  info.notes = app.get_footer();
  for (const CLI::Option* option : app.get_options()) info.arguments.push_back(describe(*option));
  for (const CLI::App* command : app.get_subcommands({}))
    info.commands.push_back(describe(*command));
  return info;
}

}  // namespace vitrine::cli

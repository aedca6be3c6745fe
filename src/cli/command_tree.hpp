#pragma once
#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace vitrine::cli {

/// An option or positional argument, as help, completion and manual page show it.
struct ArgumentInfo {
  std::vector<std::string> names;    ///< with their dashes; none: it is positional
  std::string value;                 ///< what it takes: `DIR`, `{tidy,wide,json}`; "" for a flag
  std::vector<std::string> choices;  ///< if only these may be given
  std::string summary;
  bool required = false;
};

/// A command with what may follow it.
struct CommandInfo {
  std::string name, summary, notes;
  std::vector<ArgumentInfo> arguments;
  std::vector<CommandInfo> commands;
};

/// Everything that the program's parser knows, below `app`.
CommandInfo describe(const CLI::App& app);

/// A script that completes commands, options and values in `shell`: bash, zsh or fish.
std::string completion_script(const CommandInfo& program, const std::string& shell);

/// The program's manual page (section 1), in man(7) macros.
std::string manual_page(const CommandInfo& program, const std::string& version);

}  // namespace vitrine::cli

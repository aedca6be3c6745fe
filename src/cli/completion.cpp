#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>

#include "vitrine/cli/catalogues.hpp"
#include "vitrine/cli/command_tree.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/core/error.hpp"

namespace vitrine::cli {
namespace {

/// Text between single quotes of a shell.
std::string in_quotes(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// Every command with its words behind the program's name: "", "run", "qa mtf".
using Visit = std::function<void(const CommandInfo&, const std::string& path)>;
void for_each_command(const CommandInfo& command, const Visit& visit,
                      const std::string& path = {}) {
  visit(command, path);
  for (const CommandInfo& below : command.commands)
    for_each_command(below, visit, path.empty() ? below.name : path + " " + below.name);
}

/// What may stand where no option does: subcommands, or the choices of positional arguments.
std::vector<std::string> words_of(const CommandInfo& command) {
  std::vector<std::string> words;
  for (const CommandInfo& below : command.commands) words.push_back(below.name);
  for (const ArgumentInfo& argument : command.arguments)
    if (argument.names.empty())
      words.insert(words.end(), argument.choices.begin(), argument.choices.end());
  return words;
}

/// Shell code that leaves the command's path in `$command` and the word before the cursor's in
/// `$before`, for shells whose `case` is POSIX's; `word` is how they spell the i-th word.
std::string path_finder(const CommandInfo& program, const std::string& loop,
                        const std::string& word) {
  std::string text = "  local command= i\n  for ((" + loop + "; ++i)); do\n    case \"$command " +
                     word + "\" in\n";
  for_each_command(program, [&](const CommandInfo&, const std::string& path) {
    if (!path.empty())
      text += str("      \"", path.find(' ') == path.npos ? " " : "", path,
                  "\") command=", in_quotes(path), ";;\n");
  });
  return text + "    esac\n  done\n";
}

std::string bash_script(const CommandInfo& program) {
  std::string text =
      "# Completion of vitrine for bash: source this file, or put it into\n"
      "# ~/.local/share/bash-completion/completions/vitrine\n"
      "_vitrine() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n" +
      path_finder(program, "i = 1; i < COMP_CWORD", "${COMP_WORDS[i]}") +
      "  COMPREPLY=()\n  case \"$command:$before\" in\n";
  for_each_command(program, [&](const CommandInfo& command, const std::string& path) {
    for (const ArgumentInfo& argument : command.arguments) {
      if (argument.names.empty() || argument.value.empty()) continue;
      std::string patterns;
      for (const auto& name : argument.names)
        patterns += str(patterns.empty() ? "" : "|", '"', path, ':', name, '"');
      text += str("    ", patterns, ") COMPREPLY=($(compgen ",
                  argument.choices.empty() ? std::string("-f")
                                           : "-W " + in_quotes(joined(argument.choices)),
                  " -- \"$word\")); return;;\n");
    }
  });
  text += "  esac\n  local options= words=\n  case \"$command\" in\n";
  for_each_command(program, [&](const CommandInfo& command, const std::string& path) {
    std::vector<std::string> options;
    for (const ArgumentInfo& argument : command.arguments)
      options.insert(options.end(), argument.names.begin(), argument.names.end());
    text += str("    \"", path, "\") options=", in_quotes(joined(options)),
                " words=", in_quotes(joined(words_of(command))), ";;\n");
  });
  return text +
         "  esac\n"
         "  if [[ $word == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options\" -- \"$word\"))\n"
         "  elif [[ $words ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -f -- \"$word\"))\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _vitrine vitrine\n";
}

/// `name:summary`, as zsh's _describe takes it.
std::string described(const std::string& name, const std::string& summary) {
  return in_quotes(name + ":" + summary);
}

std::string zsh_script(const CommandInfo& program) {
  std::string text =
      "#compdef vitrine\n"
      "# Completion of vitrine for zsh: put this file as _vitrine into a directory of $fpath.\n"
      "_vitrine() {\n" +
      path_finder(program, "i = 2; i < CURRENT", "${words[i]}") +
      "  local before=${words[CURRENT-1]}\n  case \"$command:$before\" in\n";
  for_each_command(program, [&](const CommandInfo& command, const std::string& path) {
    for (const ArgumentInfo& argument : command.arguments) {
      if (argument.names.empty() || argument.value.empty()) continue;
      for (const auto& name : argument.names)
        text += str("    \"", path, ':', name, "\") ",
                    argument.choices.empty() ? "_files" : "compadd -- " + joined(argument.choices),
                    "; return;;\n");
    }
  });
  text += "  esac\n  local -a options known\n  case \"$command\" in\n";
  for_each_command(program, [&](const CommandInfo& command, const std::string& path) {
    text += str("    \"", path, "\")\n      options=(");
    for (const ArgumentInfo& argument : command.arguments)
      for (const auto& name : argument.names)
        text += "\n        " + described(name, argument.summary);
    text += ")\n      known=(";
    for (const CommandInfo& below : command.commands)
      text += "\n        " + described(below.name, below.summary);
    if (command.commands.empty())
      for (const auto& word : words_of(command)) text += "\n        " + in_quotes(word);
    text += ");;\n";
  });
  return text +
         "  esac\n"
         "  if [[ $PREFIX == -* ]]; then _describe -o option options\n"
         "  elif (( $#known )); then _describe word known\n"
         "  else _files\n"
         "  fi\n"
         "}\n"
         "if [[ $funcstack[1] == _vitrine ]]; then _vitrine \"$@\"; else compdef _vitrine vitrine; "
         "fi\n";
}

std::string fish_script(const CommandInfo& program) {
  std::string text =
      "# Completion of vitrine for fish: put this file to "
      "~/.config/fish/completions/vitrine.fish\n";
  for_each_command(program, [&](const CommandInfo& command, const std::string& path) {
    // The condition under which this command's words and options are offered.
    std::string condition = path.empty() ? "__fish_use_subcommand" : "";
    for (std::size_t begin = 0; begin < path.size();) {
      const std::size_t end = std::min(path.find(' ', begin), path.size());
      condition += str(condition.empty() ? "" : "; and ", "__fish_seen_subcommand_from ",
                       path.substr(begin, end - begin));
      begin = end + 1;
    }
    std::string below;
    for (const CommandInfo& one : command.commands) below += " " + one.name;
    if (!path.empty() && !below.empty())
      condition += "; and not __fish_seen_subcommand_from" + below;
    const std::string head = "complete -c vitrine -n " + in_quotes(condition);
    for (const CommandInfo& one : command.commands)
      text += str(head, " -f -a ", one.name, " -d ", in_quotes(one.summary), '\n');
    for (const ArgumentInfo& argument : command.arguments) {
      std::string names;
      for (const auto& name : argument.names)
        names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      if (names.empty() && argument.choices.empty()) continue;
      text += head + names;
      if (!argument.choices.empty())
        text += " -x -a " + in_quotes(joined(argument.choices));
      else if (!argument.value.empty())
        text += " -r";
      text += " -d " + in_quotes(argument.summary) + "\n";
    }
  });
  return text;
}

/// Words that the parser does not know as choices, since its commands judge them.
void add_known_names(CommandInfo& program) {
  std::vector<std::string> families, names;
  for (const CatalogueInfo& catalogue : all_catalogues()) {
    families.push_back(catalogue.family);
    for (const auto& entry : catalogue.entries) names.push_back(entry.kind);
  }
  names.insert(names.end(), families.begin(), families.end());
  for (CommandInfo& command : program.commands)
    for (ArgumentInfo& argument : command.arguments) {
      if (!argument.names.empty()) continue;
      if (command.name == "list") argument.choices = families;
      if (command.name == "explain") argument.choices = names;
    }
}

}  // namespace

std::string completion_script(const CommandInfo& program, const std::string& shell) {
  if (shell == "zsh") return zsh_script(program);
  if (shell == "fish") return fish_script(program);
  return bash_script(program);
}

void add_completion(CLI::App& app, int& code) {
  auto* command = app.add_subcommand("completion",
                                     "A script that completes commands and options in your shell");
  auto shell = std::make_shared<std::string>();
  command->add_option("shell", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "\n  source <(vitrine completion bash)\n"
      "  vitrine completion zsh  > ~/.zfunc/_vitrine     (a directory of $fpath)\n"
      "  vitrine completion fish > ~/.config/fish/completions/vitrine.fish");
  command->callback([shell, &app, &code] {
    CommandInfo program = describe(app);
    add_known_names(program);
    std::fputs(completion_script(program, *shell).c_str(), stdout);
    code = ok;
  });
}

}  // namespace vitrine::cli

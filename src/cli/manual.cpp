#include <cctype>
#include <cstdio>

#include "vitrine/cli/command_tree.hpp"
#include "vitrine/cli/commands.hpp"
#include "vitrine/cli/exit_code.hpp"
#include "vitrine/core/error.hpp"

namespace vitrine::cli {
namespace {

/// Text that troff prints as it stands: hyphens stay ASCII, no line begins a request.
std::string troff(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else
      out += c;
  }
  return out;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

std::string options_of(const CommandInfo& command) {
  std::string text;
  for (const ArgumentInfo& argument : command.arguments) {
    text += ".TP\n";
    if (argument.names.empty()) {
      text += str("\\fI", troff(upper(argument.value)), "\\fR");
    } else {
      for (std::size_t i = 0; i < argument.names.size(); ++i)
        text += str(i > 0 ? ", " : "", "\\fB", troff(argument.names[i]), "\\fR");
      if (!argument.value.empty()) text += str(" \\fI", troff(argument.value), "\\fR");
    }
    const bool asked = argument.required && !argument.names.empty();
    text += str("\n", troff(argument.summary), asked ? " (required)" : "");
    if (!argument.choices.empty()) {
      text += "\nOne of";
      for (const auto& choice : argument.choices)
        text += str(&choice == argument.choices.data() ? " " : ", ", troff(choice));
      text += '.';
    }
    text += '\n';
  }
  return text;
}

/// What is written below the options, in the lines that it was written in.
std::string notes_of(const CommandInfo& command) {
  const auto begin = command.notes.find_first_not_of('\n');
  return begin == std::string::npos
             ? ""
             : str(".PP\n.nf\n", troff(command.notes.substr(begin)), "\n.fi\n");
}

std::string section_of(const CommandInfo& command, const std::string& before) {
  const std::string name = before + " " + command.name;
  std::string text = str(".SS \"", troff(name), "\"\n", troff(command.summary), ".\n");
  text += options_of(command) + notes_of(command);
  for (const CommandInfo& below : command.commands) text += section_of(below, name);
  return text;
}

}  // namespace

std::string manual_page(const CommandInfo& program, const std::string& version) {
  std::string text =
      str(".TH ", upper(program.name), " 1 \"\" \"", program.name, ' ', version,
          "\" \"User Commands\"\n.SH NAME\n", program.name,
          " \\- virtual imaging trials for CT\n.SH SYNOPSIS\n.B ", program.name,
          "\n\\fICOMMAND\\fR [\\fIOPTIONS\\fR]\n.SH DESCRIPTION\n", troff(program.summary),
          "\n.SH OPTIONS\n", options_of(program), ".SH COMMANDS\n");
  for (const CommandInfo& command : program.commands) text += section_of(command, program.name);
  text += ".SH EXIT STATUS\n";
  for (const auto& [code, meaning] : exit_codes)
    text += str(".TP\n.B ", int(code), '\n', troff(meaning), '\n');
  CommandInfo without_table = program;
  without_table.notes = program.notes.substr(0, program.notes.find(exit_codes_heading));
  return text + ".SH NOTES\n" + notes_of(without_table);
}

void add_man(CLI::App& app, int& code) {
  auto* command =
      app.add_subcommand("man", "The manual page: vitrine man > ~/.local/share/man/man1/vitrine.1");
  command->callback([&app, &code] {
    std::fputs(manual_page(describe(app), VITRINE_VERSION).c_str(), stdout);
    code = ok;
  });
}

}  // namespace vitrine::cli

#include "vitrine/cli/style.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace vitrine::cli {
namespace {

std::string_view variable(const char* name) {
  const char* text = std::getenv(name);
  return text ? text : "";
}

}  // namespace

bool has_colours(int descriptor) {
  if (!variable("NO_COLOR").empty()) return false;
  const std::string_view force = variable("CLICOLOR_FORCE");
  if (!force.empty() && force != "0") return true;
  return ::isatty(descriptor) != 0 && variable("TERM") != "dumb";
}

std::string toned(Tone tone, const std::string& text, int descriptor) {
  if (!has_colours(descriptor)) return text;
  // ECMA-48: bold red, yellow, green.
  const char* code = tone == Tone::bad ? "1;31" : tone == Tone::warning ? "33" : "32";
  return std::string("\033[") + code + "m" + text + "\033[0m";
}

std::size_t terminal_width(int descriptor) {
  winsize size{};
  const bool known = ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

std::string error_prefix() { return toned(Tone::bad, "vitrine:", STDERR_FILENO) + " "; }

}  // namespace vitrine::cli

#pragma once
#include <string>

namespace vitrine::cli {

enum class Tone { good, warning, bad };

/// May text on this descriptor be coloured? Not if NO_COLOR holds anything (no-color.org); else yes
/// if CLICOLOR_FORCE holds anything but 0; else on a terminal that is not TERM=dumb.
bool has_colours(int descriptor);

/// The text in the tone's colour where `descriptor` takes colours, as it is elsewhere.
std::string toned(Tone tone, const std::string& text, int descriptor);

/// Characters of a line of the terminal on `descriptor`; 80 where it does not say.
std::size_t terminal_width(int descriptor);

/// "vitrine: ", as every message on the error stream begins.
std::string error_prefix();

}  // namespace vitrine::cli

#pragma once
#include <array>
#include <functional>
#include <string>

#include "vitrine/core/error.hpp"

namespace vitrine::cli {

/// What the process answers.
enum ExitCode : int {
  ok = 0,
  check_failed = 1,
  bad_input = 2,
  cases_failed = 3,
  io_failed = 4,
  our_bug = 5,
  interrupted = 130,
};

struct ExitCodeMeaning {
  ExitCode code;
  const char* meaning;
};

/// What stands above the table in help texts.
inline constexpr const char* exit_codes_heading = "Exit codes:";

/// The table that `vitrine --help`, the manual page and docs/users/commands.md show; a test holds
/// them to it.
inline constexpr std::array<ExitCodeMeaning, 7> exit_codes = {{
    {ok, "done"},
    {check_failed, "a check said no"},
    {bad_input, "bad input: the command line, a scenario, an image"},
    {cases_failed, "the trial ended; some cases failed"},
    {io_failed, "a file or directory could not be read or written, or memory ran out"},
    {our_bug, "a bug of ours; please report it with the command and the scenario"},
    {interrupted, "interrupted; the same command continues"},
}};

/// The answer to an error.
ExitCode exit_code(Error::Kind kind);

/// Run the program's body; what it throws becomes a message on the error stream and the exit code
/// of its kind. A standard output that cannot take what was printed is an error too.
int guarded(const std::function<int()>& body);

}  // namespace vitrine::cli

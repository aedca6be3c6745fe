#pragma once
#include "vitrine/core/error.hpp"

namespace vitrine::cli {

/// What the process answers; documented in docs/users/commands.md.
enum ExitCode : int {
  ok = 0,
  check_failed = 1,  ///< a check said no
  bad_input = 2,     ///< the command line, a scenario or a file is wrong
  cases_failed = 3,  ///< the trial ended, some cases failed
  io_failed = 4,     ///< a file could not be read or written
  our_bug = 5,
  interrupted = 130,  ///< Ctrl-C; the same command continues
};

inline ExitCode exit_code(Error::Kind kind) {
  switch (kind) {
    case Error::Kind::io:
      return io_failed;
    case Error::Kind::interrupted:
      return interrupted;
    case Error::Kind::input:
    case Error::Kind::data:
    case Error::Kind::unsupported:
      return bad_input;
    case Error::Kind::numeric:
      break;
  }
  return our_bug;
}

}  // namespace vitrine::cli

#include "vitrine/cli/exit_code.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "vitrine/cli/style.hpp"

namespace vitrine::cli {

ExitCode exit_code(Error::Kind kind) {
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

int guarded(const std::function<int()>& body) {
  try {
    const int code = body();
    require(std::fflush(stdout) == 0 && std::ferror(stdout) == 0, Error::Kind::io,
            "cannot write to the standard output (", std::strerror(errno),
            "). Check where it is redirected to.");
    return code;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s%s\n", error_prefix().c_str(), explain(error).c_str());
    return exit_code(error.kind());
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr,
                 "%sout of memory. `vitrine plan` shows how much a trial needs; fewer slices or "
                 "rows need less.\n",
                 error_prefix().c_str());
    return io_failed;
  } catch (const std::exception& error) {
    std::fprintf(stderr,
                 "%sinternal error: %s\nPlease report this with the command and the scenario.\n",
                 error_prefix().c_str(), error.what());
    return our_bug;
  }
}

}  // namespace vitrine::cli

#include "vitrine/io/detail/rehearsal.hpp"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "vitrine/core/error.hpp"

namespace vitrine::io::detail {
namespace {

constexpr unsigned patience_s = 60;

[[noreturn]] void play(FunctionRef<void()> read) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGALRM}) std::signal(signal, SIG_DFL);
  const rlimit no_core{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::alarm(patience_s);
  try {
    read();
  } catch (...) {  // NOLINT(bugprone-empty-catch): said when it is read in earnest
  }
  ::_exit(0);
}

}  // namespace

void rehearse(const Path& path, FunctionRef<void()> read) {
  const pid_t child = ::fork();
  if (child == 0) play(read);
  require(child > 0, Error::Kind::io, "no process can be started to look into '", path.string(),
          "'. Close other programs and try again.");
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  require(WIFEXITED(status) && WEXITSTATUS(status) == 0, Error::Kind::data, "'", path.string(),
          "' cannot be used (it is so damaged that HDF5 breaks on it). Make the file again, or "
          "fetch a whole copy.");
}

}  // namespace vitrine::io::detail

#include "vitrine/io/process.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

/// All that a program could change in a file system. Older kernels know fewer, and refuse those
/// that they do not know.
std::uint64_t changes_of(long abi) {
  std::uint64_t changes = LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
                          LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                          LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
                          LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
                          LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
  constexpr std::uint64_t refer = 1ULL << 13, truncate = 1ULL << 14;  // names of newer headers
  if (abi >= 2) changes |= refer;
  if (abi >= 3) changes |= truncate;
  return changes;
}

/// The rules that a child will be held to, or none where the kernel has no Landlock.
detail::Descriptor rules_for(const Path& directory) {
  const long abi =
      ::syscall(SYS_landlock_create_ruleset, nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  if (abi < 1) return {};
  landlock_ruleset_attr ruleset{};
  ruleset.handled_access_fs = changes_of(abi);
  detail::Descriptor rules(
      int(::syscall(SYS_landlock_create_ruleset, &ruleset, sizeof ruleset, 0)));
  if (rules.number() < 0) return {};
  const auto allow = [&](const Path& path, std::uint64_t access) {
    const detail::Descriptor at = detail::open_file("open", path, O_PATH | O_DIRECTORY);
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = access;
    beneath.parent_fd = at.number();
    return ::syscall(SYS_landlock_add_rule, rules.number(), LANDLOCK_RULE_PATH_BENEATH, &beneath,
                     0) == 0;
  };
  if (!allow(directory, ruleset.handled_access_fs)) return {};
  // /dev/null, GPUs, and shared memory below /dev/shm.
  if (!allow("/dev", ruleset.handled_access_fs)) return {};
  return rules;
}

/// What the child needs, made before the fork: after it only system calls are safe.
struct Start {
  std::vector<char*> arguments, environment;
  const char* program = nullptr;
  const char* directory = nullptr;
  int log = -1, input = -1, rules = -1, failure = -1;
  rlim_t memory = 0;
};

/// In the child: does not return. Writes errno to `failure` if the program cannot be started.
[[noreturn]] void become(const Start& start) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const rlimit addresses{start.memory, start.memory}, none{0, 0};
  char* const* const arguments = start.arguments.data();
  char* const* const environment = start.environment.data();
  bool good = ::setrlimit(RLIMIT_CORE, &none) == 0 && ::chdir(start.directory) == 0 &&
              ::dup2(start.input, 0) == 0 && ::dup2(start.log, 1) == 1 && ::dup2(start.log, 2) == 2;
  if (good && start.rules >= 0)
    good = ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
           ::syscall(SYS_landlock_restrict_self, start.rules, 0) == 0;
  // Last: this process may have more addresses than that, and could not take another one.
  if (good && ::setrlimit(RLIMIT_AS, &addresses) == 0)
    ::execve(start.program, arguments, environment);
  const int error = errno;
  [[maybe_unused]] const auto written = ::write(start.failure, &error, sizeof error);
  ::_exit(127);
}

std::vector<std::string> environment_in(const Path& directory) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string one(*each);
    if (!one.starts_with("TMPDIR=") && !one.starts_with("HOME=")) all.push_back(one);
  }
  all.push_back("TMPDIR=" + directory.string());
  all.push_back("HOME=" + directory.string());
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> all;
  for (std::string& text : texts) all.push_back(text.data());
  all.push_back(nullptr);
  return all;
}

/// Waits for the end of a child, at most so long.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill_group();
    if (!reaped_) reap(0);
  }

  ProcessEnd wait(double seconds) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    ProcessEnd end;
    timespec pause{0, 1'000'000};
    for (;;) {
      if (reap(WNOHANG)) break;
      end.seconds = std::chrono::duration<double>(Clock::now() - start).count();
      if (end.seconds > seconds) {
        end.how = ProcessEnd::How::timed_out;
        return end;
      }
      ::nanosleep(&pause, nullptr);
      pause.tv_nsec = std::min(2 * pause.tv_nsec, 50'000'000L);
    }
    end.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    end.how = WIFSIGNALED(status_) ? ProcessEnd::How::signalled : ProcessEnd::How::exited;
    end.code = WIFSIGNALED(status_) ? WTERMSIG(status_) : WEXITSTATUS(status_);
    return end;
  }

 private:
  bool reap(int flags) {
    // Its group keeps its number while the dead child is not yet taken: kill it before.
    siginfo_t info{};
    pid_t found = -1;
    do {
      found = pid_t(::waitid(P_PID, id_t(pid_), &info, WEXITED | WNOWAIT | flags));
    } while (found < 0 && errno == EINTR);
    if (found < 0 || info.si_pid == 0) return false;
    kill_group();
    while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {
    }
    reaped_ = true;
    return true;
  }
  void kill_group() const {
    if (!reaped_) ::kill(-pid_, SIGKILL);
  }

  pid_t pid_;
  int status_ = 0;
  bool reaped_ = false;
};

}  // namespace

Path find_program(const std::string& name) {
  const auto runs = [](const Path& path) {
    std::error_code ignored;
    return std::filesystem::is_regular_file(path, ignored) && ::access(path.c_str(), X_OK) == 0;
  };
  if (name.find('/') != std::string::npos) return runs(name) ? Path(name) : Path();
  const char* variable = std::getenv("PATH");
  std::string paths = variable ? variable : "/usr/local/bin:/usr/bin:/bin";
  for (std::size_t from = 0; from <= paths.size();) {
    const std::size_t to = std::min(paths.find(':', from), paths.size());
    const Path path = Path(paths.substr(from, to - from)) / name;
    if (to > from && runs(path)) return path;
    from = to + 1;
  }
  return {};
}

ProcessEnd run_process(const ProcessOrder& order) {
  VITRINE_EXPECT(!order.arguments.empty());
  const Path program = find_program(order.arguments.front());
  require(!program.empty(), Error::Kind::io, "there is no program '", order.arguments.front(),
          "'. Give its path, or install it");
  const std::string path = std::filesystem::absolute(program).string();
  const std::string directory = std::filesystem::absolute(order.directory).string();
  std::vector<std::string> arguments = order.arguments, environment = environment_in(directory);
  const detail::Descriptor log =
      detail::open_file("write", order.log, O_WRONLY | O_CREAT | O_TRUNC);
  const detail::Descriptor input = detail::open_file("open", "/dev/null", O_RDONLY);
  const detail::Descriptor rules = rules_for(directory);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) detail::fail("make a pipe for", path, errno);
  const detail::Descriptor from_child(ends[0]);
  detail::Descriptor to_parent(ends[1]);
  Start start{pointers(arguments), pointers(environment), path.c_str(),
              directory.c_str(),   log.number(),          input.number(),
              rules.number(),      to_parent.number(),    rlim_t(order.memory)};

  const pid_t pid = ::fork();
  if (pid < 0) detail::fail("start", path, errno);
  if (pid == 0) become(start);
  ::setpgid(pid, pid);  // whoever is first
  Child child(pid);
  to_parent.close();
  int error = 0;
  ssize_t got = 0;
  while ((got = ::read(from_child.number(), &error, sizeof error)) < 0 && errno == EINTR) {
  }
  if (got == ssize_t(sizeof error)) detail::fail("start", path, error);
  ProcessEnd end = child.wait(order.seconds);
  end.confined = rules.number() >= 0;
  return end;
}

std::string to_string(const ProcessEnd& end) {
  switch (end.how) {
    case ProcessEnd::How::exited:
      return str("exit code ", end.code);
    case ProcessEnd::How::signalled:
      return str("killed by signal ", end.code, " (", ::strsignal(end.code), ")");
    case ProcessEnd::How::timed_out:
      return "still running at its timeout";
  }
  return {};
}

}  // namespace vitrine::io

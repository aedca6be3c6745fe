#include "vitrine/io/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <ctime>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

std::string this_process() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  ::gmtime_r(&now, &utc);
  std::array<char, 32> start{};
  std::strftime(start.data(), start.size(), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return str("process ", ::getpid(), " on ", host.data(), " since ", start.data());
}

std::string holder(int descriptor) {
  std::array<char, 400> text{};
  const ssize_t n = ::pread(descriptor, text.data(), text.size(), 0);
  std::string name(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  return name.substr(0, name.find('\n'));
}

}  // namespace

RunLock::RunLock(const Path& dir) {
  const Path path = dir / ".lock";
  detail::Descriptor file = detail::open_file("write", path, O_RDWR | O_CREAT | O_NOFOLLOW);
  int result = 0;
  do {
    result = ::flock(file.number(), LOCK_EX | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result != 0) {
    if (errno != EWOULDBLOCK) detail::fail("lock", path, errno);
    const std::string who = holder(file.number());
    throw Error(Error::Kind::io, str("'", dir.string(), "' is in use (by ",
                                     who.empty() ? "a process that is just starting" : who,
                                     "). Wait for it, or choose another output directory."));
  }
  if (::ftruncate(file.number(), 0) != 0) detail::fail("write", path, errno);
  const std::string text = this_process() + "\n";
  detail::write_all(file.number(), path, std::as_bytes(std::span(text)));
  descriptor_ = file.release();
}

RunLock::~RunLock() {
  if (descriptor_ < 0) return;
  static_cast<void>(::ftruncate(descriptor_, 0) == 0);  // a note for people: no harm if it stays
  ::close(descriptor_);
}

}  // namespace vitrine::io

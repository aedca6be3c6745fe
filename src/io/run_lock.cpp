#include "vitrine/io/run_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/posix.hpp"
#include "vitrine/io/identity.hpp"

namespace vitrine::io {
namespace {

std::string this_process() {
  return str("process ", ::getpid(), " on ", host_name(), " since ", utc_time());
}

std::string holder(int descriptor) {
  std::array<char, 400> text{};
  const ssize_t n = ::pread(descriptor, text.data(), text.size(), 0);
  std::string name(text.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
  name = name.substr(0, name.find('\n'));
  return name.empty() ? "a process that is just starting" : name;
}

/// flock(2), without waiting: false if another process has it.
bool try_lock(int descriptor, int kind, const Path& path) {
  int result = 0;
  do {
    result = ::flock(descriptor, kind | LOCK_NB);
  } while (result != 0 && errno == EINTR);
  if (result != 0 && errno != EWOULDBLOCK) detail::fail("lock", path, errno);
  return result == 0;
}

}  // namespace

RunLock::RunLock(const Path& dir) {
  const Path path = dir / ".lock";
  detail::Descriptor file = detail::open_file("write", path, O_RDWR | O_CREAT | O_NOFOLLOW);
  require(try_lock(file.number(), LOCK_EX, path), Error::Kind::io, "'", dir.string(),
          "' is in use (by ", holder(file.number()),
          "). Wait for it, or choose another output directory.");
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

std::optional<std::string> lock_holder(const Path& dir) {
  const Path path = dir / ".lock";
  std::error_code error;
  // Whoever ended in good order emptied it: then there is nothing to ask the kernel.
  if (std::filesystem::file_size(path, error) == 0 || error) return {};
  const detail::Descriptor file = detail::open_file("read", path, O_RDONLY | O_NOFOLLOW);
  if (try_lock(file.number(), LOCK_SH, path)) return {};
  return holder(file.number());
}

}  // namespace vitrine::io

#pragma once
#include <string_view>

#include "vitrine/io/file.hpp"

namespace vitrine::io::detail {

/// Throw Error (io): "cannot <doing> '<path>' (<text of the error number>). <way out>".
[[noreturn]] void fail(std::string_view doing, const Path& path, int error_number);

/// A file descriptor that closes itself.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor() { reset(); }

  int number() const { return fd_; }
  int release();
  /// Close now; false (and errno) if the system reports a write that failed late.
  bool close();

 private:
  void reset();
  int fd_ = -1;
};

/// open(2) with O_CLOEXEC; throws through `fail`.
Descriptor open_file(std::string_view doing, const Path& path, int flags);

/// Write all of `bytes` at the current position; throws through `fail`.
void write_all(int fd, const Path& path, std::span<const std::byte> bytes);

/// Fill `bytes` from a place of the file; throws through `fail`, if it ends before, too.
void read_at(int fd, const Path& path, std::span<std::byte> bytes, std::uint64_t at);

/// Make the names in `dir` durable; throws through `fail`.
void sync_directory(const Path& dir);

}  // namespace vitrine::io::detail

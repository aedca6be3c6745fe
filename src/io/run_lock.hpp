#pragma once
#include <optional>
#include <string>
#include <utility>

#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// The right to write into a directory, held by one process at a time.
///
/// A kernel lock (flock) on `dir/.lock`: it ends with the process however that ends, so it is never
/// stale. The file stays; its text says who holds the lock, and is empty when nobody does.
class RunLock {
 public:
  /// Throws Error (io) naming the holder if another process has it. `dir` must exist.
  explicit RunLock(const Path& dir);
  RunLock(RunLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  RunLock& operator=(RunLock&&) = delete;
  ~RunLock();

 private:
  int descriptor_ = -1;
};

/// Who holds the lock on `dir` now ("process 12 on host since ..."); none if nobody does. Changes
/// nothing.
std::optional<std::string> lock_holder(const Path& dir);

}  // namespace vitrine::io

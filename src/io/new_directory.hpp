#pragma once
#include <memory>
#include <span>
#include <string>

#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// Throws Error (input) if `path` is there, or `path.partial`, which a killed run left.
void require_new(const Path& path);

/// A directory that is there whole or not at all. While it is written it is called `NAME.partial`,
/// which goes with this object unless it was published, and stays after a kill. Its files cost no
/// synchronisation each: the disk is waited for once, at the end.
class NewDirectory {
 public:
  /// Throws as `require_new` does, and Error (io) if it cannot be made.
  explicit NewDirectory(const Path& path);
  ~NewDirectory();
  NewDirectory(const NewDirectory&) = delete;
  NewDirectory& operator=(const NewDirectory&) = delete;

  /// Write a file; `name` is a path below the directory, and new. Several threads may do so at
  /// once. Throws Error (io).
  void write(const std::string& name, std::span<const std::byte> bytes);
  void write(const std::string& name, std::string_view text);

  /// Give it its name, when all that was written is on the disk. Throws Error (io).
  void publish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::io

#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/hash.hpp"

namespace vitrine::io {

using Path = std::filesystem::path;
using Bytes = std::vector<std::byte>;

/// A file that is complete in memory.
struct NamedBytes {
  std::string name;  ///< file name, no directory
  Bytes bytes;
};

inline constexpr std::uint64_t kibibyte = 1024, mebibyte = 1024 * kibibyte,
                               gibibyte = 1024 * mebibyte;

/// Make `dir` and its missing parents, each entry durable when this returns. Nothing if it is
/// there.
void make_directories(const Path& dir);

/// Write a whole file so that after a crash or on a full disk the old file or the new one is there,
/// never a part: `name.partial` beside it, fsync, rename, fsync of the directory.
/// Throws Error (io); the partial file is removed then.
void write_file(const Path& path, std::span<const std::byte> bytes);
void write_file(const Path& path, std::string_view text);

/// The same for many files of one directory, which is synchronised once: all are written, then all
/// are synchronised, then all renamed. On an Error files already renamed stay.
void write_files(const Path& dir, std::span<const NamedBytes> files);

/// What a finished file is.
struct SealedFile {
  Digest sha256;
  std::uint64_t bytes = 0;
};

/// A file that comes in pieces, with the promise of `write_file`: it is there, whole, when `finish`
/// returns, and the one before stays until then.
class FileInPieces {
 public:
  explicit FileInPieces(const Path& path);
  ~FileInPieces();
  FileInPieces(const FileInPieces&) = delete;
  FileInPieces& operator=(const FileInPieces&) = delete;

  void write(std::span<const std::byte> bytes);
  SealedFile finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Finish a file that was written to `path.partial` by other means: synchronised, digested,
/// renamed. Throws Error (io).
SealedFile seal_partial(const Path& path);

/// The whole file. Throws Error (io) if it cannot be read or is no regular file, Error (data) if it
/// has more than `limit` bytes.
Bytes read_file(const Path& path, std::uint64_t limit = 4 * gibibyte);
std::string read_text(const Path& path, std::uint64_t limit = 256 * mebibyte);

/// Bytes that this user can still write on the file system of `path`, or of its nearest parent that
/// is there.
std::uint64_t free_space(const Path& path);

/// Delete what a killed run left behind: every `*.partial` below `dir`. The files deleted, sorted.
std::vector<Path> remove_partials(const Path& dir);

}  // namespace vitrine::io

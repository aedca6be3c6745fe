#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/buffer.hpp"
#include "vitrine/core/floats.hpp"
#include "vitrine/io/run_lock.hpp"

namespace vitrine::io {

/// An array of floats [step][plane][value] that is written and read some steps at a time, so many
/// steps as [plane][step][value].
struct BlockShape {
  std::int64_t steps = 0, planes = 0, values = 0;
  std::uint64_t bytes() const {
    return sizeof(float) * std::uint64_t(steps) * std::uint64_t(planes) * std::uint64_t(values);
  }
  bool operator==(const BlockShape&) const = default;
};

/// Large arrays below one directory, by the content key of what they are, up to a limit of bytes.
///
/// A file `KEY.block` is whole or absent (partial, fsync, rename), every block of it has a SHA-256
/// that is checked when it is read, and its time of modification is that of its last use: what was
/// used longest ago goes first when room is needed. One process at a time.
class BlockCache {
 public:
  /// Takes the directory, which is made if it is not there, and deletes what a killed run left half
  /// written. Throws Error (io) if it cannot, or another process has it.
  BlockCache(Path dir, std::uint64_t limit);

  /// Reads an array: in order, or whole.
  class Reader {
   public:
    /// The next steps into the front of `block`, which grows if it has to: their number; 0 where
    /// none is left, or what is left is damaged.
    std::int64_t next(Buffer<float>& block);
    /// All of an array whose steps were written at once, where the file lies in memory (a private
    /// mapping, 64 bytes aligned, checked before); none if it is damaged. Throws Error (io).
    Floats map() const;
    Reader(const Path& path, const BlockShape& shape);  ///< throws Error (io)
    ~Reader();

   private:
    struct File;
    Path path_;
    std::unique_ptr<File> file_;
    BlockShape shape_;
    std::int64_t done_ = 0;
    std::uint64_t at_ = 0, size_ = 0;  // of the file
  };
  /// Writes one in order; gone if it is not finished.
  class Writer {
   public:
    Writer(Path path, const BlockShape& shape);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    ~Writer();
    /// The next steps, their planes one after the other in `parts`, of which each holds whole
    /// planes. Throws Error (io).
    void steps(std::int64_t count, std::span<const std::span<const float>> parts);
    /// All steps are there. Throws Error (io).
    void finish();

   private:
    struct File;
    Path path_, partial_;
    std::unique_ptr<File> file_;
    BlockShape shape_;
    std::int64_t done_ = 0;
    std::uint64_t at_ = 0;
  };

  /// Null if there is no array of this key and shape. Throws Error (io) if it cannot be opened.
  std::unique_ptr<Reader> read(const std::string& key, const BlockShape& shape) const;
  /// Null if it is larger than the limit; others go until there is room. Throws Error (io).
  std::unique_ptr<Writer> write(const std::string& key, const BlockShape& shape);
  void remove(const std::string& key);
  std::uint64_t bytes() const;  ///< of all that is kept

 private:
  struct Entry {
    Path path;
    std::uint64_t bytes = 0;
    std::filesystem::file_time_type used;
  };
  std::vector<Entry> entries() const;  ///< used longest ago first
  Path path_of(const std::string& key) const;

  Path dir_;
  std::uint64_t limit_;
  RunLock lock_;
};

}  // namespace vitrine::io

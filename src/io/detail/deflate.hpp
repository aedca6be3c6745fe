#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "vitrine/core/buffer.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io::detail {

enum class Wrap { zlib, gzip };

/// One compressed stream; the gzip header carries neither a time nor a name. Level 1 to 12.
Bytes deflate(std::span<const std::byte> bytes, Wrap wrap, int level);

/// What came out of a packed stream.
struct Unpacked {
  Buffer<std::byte> room;  ///< may be larger
  std::size_t size = 0;
  std::span<const std::byte> bytes() const { return room.span().first(size); }
};

/// Undo it: one stream, or several gzip members. All must be whole, their checksums right, and
/// nothing may follow; `most` bytes may come out. Nothing if any of this fails.
std::optional<Unpacked> inflate(std::span<const std::byte> bytes, Wrap wrap, std::size_t most);

}  // namespace vitrine::io::detail

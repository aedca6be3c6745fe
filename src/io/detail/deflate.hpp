#pragma once
#include <cstddef>
#include <optional>
#include <span>

#include "vitrine/io/file.hpp"

namespace vitrine::io::detail {

enum class Wrap { zlib, gzip };

/// One compressed stream; the gzip header carries neither a time nor a name. Level 1 to 12.
Bytes deflate(std::span<const std::byte> bytes, Wrap wrap, int level);

/// Undo it. The stream must be whole, its checksum right, and nothing may follow it; `most` bytes
/// may come out. Nothing if any of this fails.
std::optional<Bytes> inflate(std::span<const std::byte> bytes, Wrap wrap, std::size_t most);

}  // namespace vitrine::io::detail

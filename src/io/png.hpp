#pragma once
#include <cstdint>
#include <span>
#include <string>

#include "vitrine/io/file.hpp"

namespace vitrine::io {

enum class Pixels { gray, rgb };  ///< one or three bytes a pixel

/// A PNG file (ISO 15948, 8 bits a channel) of `width` x `height` pixels, rows from the top.
/// The same pixels give the same bytes.
Bytes encode_png(int width, int height, Pixels kind, std::span<const std::uint8_t> pixels);

/// `data:<media_type>;base64,...` for use in HTML.
std::string data_uri(std::string_view media_type, std::span<const std::byte> bytes);

}  // namespace vitrine::io

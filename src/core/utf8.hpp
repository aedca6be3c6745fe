#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace vitrine {

/// Bytes of the UTF-8 character at `at`, or 0 if there is none (RFC 3629: no surrogates, no
/// overlong forms, at most U+10FFFF).
std::size_t utf8_length(std::string_view text, std::size_t at);

/// The text with U+FFFD for every byte that belongs to no UTF-8 character: names of files and users
/// may hold any bytes, JSON may not.
std::string clean_utf8(std::string_view text);

/// The text if it has at most `most` characters, else its first `most`, the last of them an
/// ellipsis. A character is a code point; control characters become spaces.
std::string shortened(std::string_view text, std::size_t most);

}  // namespace vitrine

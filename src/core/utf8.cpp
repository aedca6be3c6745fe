#include "vitrine/core/utf8.hpp"

#include <algorithm>

namespace vitrine {

std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return at + i < text.size() ? static_cast<unsigned char>(text[at + i]) : 0u;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  const std::size_t length = first < 0xC2   ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xC0) != 0x80) return 0;
  const unsigned second = byte(1);
  if (first == 0xE0 && second < 0xA0) return 0;
  if (first == 0xED && second >= 0xA0) return 0;
  if (first == 0xF0 && second < 0x90) return 0;
  if (first == 0xF4 && second >= 0x90) return 0;
  return length;
}

std::string clean_utf8(std::string_view text) {
  std::string clean;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = utf8_length(text, i);
    clean += length > 0 ? text.substr(i, length) : "\uFFFD";
    i += std::max<std::size_t>(length, 1);
  }
  return clean;
}

std::string shortened(std::string_view text, std::size_t most) {
  const std::string clean = clean_utf8(text);
  std::string kept, but_one;  // the first `most` characters, and one less
  std::size_t characters = 0;
  for (std::size_t i = 0; i < clean.size();) {
    const std::size_t length = utf8_length(clean, i);
    if (++characters > most) return most > 0 ? but_one + "\u2026" : std::string();
    const auto code = static_cast<unsigned char>(clean[i]);
    but_one = kept;
    kept += code < 0x20 || code == 0x7F ? " " : clean.substr(i, length);
    i += length;
  }
  return kept;
}

}  // namespace vitrine

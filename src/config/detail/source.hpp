#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/value.hpp"

namespace vitrine::config::detail {

/// U+FEFF in UTF-8: invisible, and some readers skip it.
inline constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The text of one document, addressed by line and by byte or character.
class Source {
 public:
  /// `text` must outlive this.
  Source(std::string_view text, std::string file);

  std::string_view text() const { return text_; }

  /// The place of a byte; a Location counts from 1 and in characters, not in bytes.
  Location at(std::size_t offset, std::string path = {}) const;
  /// The place of `byte` (from 0) in `line` (from 0); places past the end are the end.
  Location at(int line, int byte, std::string path) const;
  std::size_t offset(int line, int byte) const;

  /// Refuses what is no clean UTF-8 text: too long, a byte order mark, broken sequences, control
  /// characters, directives (%YAML), tabs in the indentation. False if anything was reported.
  bool check(Diagnostics& problems) const;

 private:
  bool check_bytes(Diagnostics& problems) const;
  void check_lines(Diagnostics& problems) const;

  std::string_view text_;
  std::string file_;
  std::vector<std::size_t> lines_;          // offset of each line's first byte
  std::vector<std::size_t> continuations_;  // offsets of the bytes that begin no character
};

}  // namespace vitrine::config::detail

#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "vitrine/core/value.hpp"

namespace vitrine::config {

/// Limits of one document: they keep hostile or broken input from taking time or memory.
inline constexpr std::size_t max_document_bytes = 4'000'000;
inline constexpr std::size_t max_nodes = 200'000;
inline constexpr std::size_t max_depth = 64;
inline constexpr std::size_t max_map_keys = 1000;
inline constexpr std::size_t max_key_bytes = 128;
inline constexpr std::size_t max_problems = 100;  ///< after these, reading stops

/// How much of YAML is understood. `python` is for files written for Python programs: there a key
/// may also stand without a value (None, an empty node here), and True and False are words for true
/// and false.
enum class Dialect { strict, python };

/// The one document in `text`; `file` is only the name used in messages.
///
/// The subset of YAML that every reader understands alike: maps with distinct plain keys, lists,
/// text, decimal numbers, true and false. Everything else is reported with its place and a way out,
/// all problems in one go. Each node and each key carries line, column (from 1, in characters) and
/// dotted path. A value that was refused is left empty; after an error of syntax, where no tree can
/// be trusted, the whole result is empty.
Value parse_yaml(std::string_view text, const std::string& file, Diagnostics& problems,
                 Dialect dialect = Dialect::strict);

/// `reading`, followed by those of `checking` that are not mere echoes of it: a value that
/// `parse_yaml` refused is empty, so a schema complains about the same place once more.
Diagnostics without_echoes(const Diagnostics& reading, const Diagnostics& checking);

}  // namespace vitrine::config

#pragma once
#include <string>
#include <string_view>

#include "vitrine/core/value.hpp"

namespace vitrine::io {

struct JsonLimits {
  std::size_t bytes = std::size_t{256} << 20;
  int depth = 64;
};

/// Read JSON (RFC 8259) as `to_json` writes it; null becomes an empty Value, numbers become double.
/// Refuses a key that occurs twice, numbers that overflow, and what exceeds the limits.
/// Throws Error (data) with `file`, line and column.
Value parse_json(std::string_view text, const std::string& file, const JsonLimits& limits = {});

}  // namespace vitrine::io

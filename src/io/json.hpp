#pragma once
#include <string>
#include <string_view>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/table.hpp"
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

/// Where a member of the outermost map goes that is a table; null: it stays a Value.
using TableOf = FunctionRef<Table*(std::string_view key)>;

/// The same, but for tables `{"columns": [texts], "rows": [[cells]]}`, whose rows go where they
/// belong as they are read: there may be millions of cells. A null is NaN. Throws Error (data) on a
/// table of another shape, or with a row of another length than the columns.
Value parse_json(std::string_view text, const std::string& file, TableOf table_of,
                 const JsonLimits& limits = {});

}  // namespace vitrine::io

#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

struct CsvLimits {
  std::size_t columns = 4096;
  std::size_t cells = 200'000'000;
};

/// Read RFC 4180 text with a header line: cells that are numbers in Table::to_csv's spelling become
/// numbers, quoted cells and the rest stay text, and an empty cell of a column without text is
/// not-a-number. So `parse_csv(table.to_csv(), ...)` gives the table back, unless a column mixes
/// text with empty cells or holds text that reads as a number.
/// Throws Error (data) with `file` and the line.
Table parse_csv(std::string_view text, const std::string& file, const CsvLimits& limits = {});

/// read_text and parse_csv.
Table read_csv(const Path& path, const CsvLimits& limits = {});

}  // namespace vitrine::io

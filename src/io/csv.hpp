#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

struct CsvLimits {
  std::size_t columns = 4096;
  std::size_t cells = 200'000'000;
};

/// How a file separates cells and spells numbers; spreadsheets of many countries write `;` and 1,5.
struct CsvFormat {
  char separator = ',';
  bool decimal_comma = false;  ///< 1,5 is read as 1.5; 1.5 still is, too

  /// Of the header line: the one of `,` `;` and tab that it holds most of outside quotes. Numbers
  /// may have a decimal comma where that is not the comma.
  static CsvFormat of(std::string_view text);
};

/// A table, and the line of the file on which each row begins.
struct CsvRows {
  Table table;
  std::vector<int> line;
};

/// Read RFC 4180 text with a header line: cells that are numbers in Table::to_csv's spelling become
/// numbers, quoted cells and the rest stay text, and an empty cell of a column without text is
/// not-a-number. So `parse_csv(table.to_csv(), ...)` gives the table back, unless a column mixes
/// text with empty cells or holds text that reads as a number.
/// Throws Error (data) with `file` and the line.
Table parse_csv(std::string_view text, const std::string& file, const CsvLimits& limits = {});
/// The same in another format, with the lines.
CsvRows parse_csv_rows(std::string_view text, const std::string& file, const CsvFormat& format,
                       const CsvLimits& limits = {});

/// read_text and parse_csv.
Table read_csv(const Path& path, const CsvLimits& limits = {});

}  // namespace vitrine::io

#pragma once
#include <string>
#include <variant>
#include <vector>

namespace vitrine {

/// A tidy table: named columns, one observation a row.
struct Table {
  using Cell = std::variant<std::string, double>;

  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;

  /// Append a row; it must have as many cells as there are columns.
  void add(std::vector<Cell> row);
  /// Position of a column; throws Error (data) naming the known ones if it is absent.
  std::size_t column(const std::string& name) const;
  /// RFC 4180 text with a header line and "\n" ends; numbers as shortest round-trip, NaN as an
  /// empty cell.
  std::string to_csv() const;
};

}  // namespace vitrine

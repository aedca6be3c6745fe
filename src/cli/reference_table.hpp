#pragma once
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {

/// A CSV file of reference values under inspection: its cells, and what is wrong with them.
class ReferenceTable {
 public:
  explicit ReferenceTable(const io::Path& file);

  std::size_t rows() const { return table_.rows.size(); }
  bool has(const std::string& column) const;
  /// The row that cells and problems are of from now on.
  void go_to(std::size_t row) { row_ = row; }
  /// A cell's text; "" if it is empty. Throws Error (data) if there is no such column.
  std::string text(const std::string& column) const;
  /// A cell's number; a problem, and 0, unless it is finite.
  double number(const std::string& column);
  /// A problem unless the cell is four capital letters or digits.
  std::string code(const std::string& column);
  void problem(const std::string& what);
  /// Throws Error (data) that shows all problems if there are any.
  void throw_if_any() const;
  bool ok() const { return problems_.empty(); }

 private:
  std::string file_;
  Table table_;
  std::size_t row_ = 0;
  std::vector<std::string> problems_;
};

}  // namespace vitrine::cli

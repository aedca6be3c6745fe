#pragma once
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/io/hdf5.hpp"

namespace vitrine::io {

/// A table that may be too long for memory: rows come in order and are read back in order, as often
/// as one likes. A few MB are held; what is more lies in a file below `dir` that has no name and
/// goes with the program.
class TableSpool {
 public:
  explicit TableSpool(Path dir);
  ~TableSpool();
  TableSpool(TableSpool&&) noexcept;

  /// Rows to come after those that are there. The first table that has columns decides on them; all
  /// others must have the same, or none. Throws Error: data, or io if the disk is full.
  void append(const Table& table);

  const std::vector<std::string>& columns() const;
  std::size_t rows() const;
  /// Whether a column's cells are numbers, all of them.
  bool is_numeric(std::size_t column) const;
  /// Each row, or one cell of each.
  void each_row(FunctionRef<void(std::span<const Table::Cell>)> take) const;
  void each_cell(std::size_t column, FunctionRef<void(const Table::Cell&)> take) const;
  /// The bytes of `Table::to_csv` of the whole, piece by piece.
  void csv(FunctionRef<void(std::span<const std::byte>)> take) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The same group as that of the whole table; nothing if no table had columns.
void write_table(H5File& file, const std::string& group, const TableSpool& table);

}  // namespace vitrine::io

#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// An SQLite 3 database, built in memory: the same tables in the same order give the same bytes.
class SqliteFile {
 public:
  SqliteFile();
  ~SqliteFile();
  SqliteFile(SqliteFile&&) noexcept;
  SqliteFile& operator=(SqliteFile&&) noexcept;

  struct Column {
    std::string name;
    bool numeric = false;  ///< REAL: all cells are numbers; else without a type
  };
  using TakeRow = FunctionRef<void(std::span<const Table::Cell>)>;

  /// Adds a table under `name`; `rows` hands each of its rows to the function that it is given. NaN
  /// is NULL. Names are quoted, never read as SQL. Throws Error (data) if there is such a table, or
  /// two columns have one name (SQLite takes A and a for one).
  void table(const std::string& name, const std::vector<Column>& columns,
             FunctionRef<void(TakeRow take)> rows);
  void table(const std::string& name, const Table& table);

  /// The file as it would be on disk.
  Bytes bytes();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::io

#pragma once
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/parallel.hpp"
#include "vitrine/core/table.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::io {

/// An SQLite 3 database: the same tables in the same order give the same bytes. It is built in a
/// file of `scratch` that goes with this object, so that it takes no memory.
class SqliteFile {
 public:
  explicit SqliteFile(const Path& scratch);
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
  /// two columns have one name (SQLite takes A and a for one); io if it cannot be written.
  void table(const std::string& name, const std::vector<Column>& columns,
             FunctionRef<void(TakeRow take)> rows);
  void table(const std::string& name, const Table& table);

  /// The finished file, piece by piece; no table can be added then.
  void bytes(FunctionRef<void(std::span<const std::byte>)> take);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vitrine::io

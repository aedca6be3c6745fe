#include <sqlite3.h>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>

#include "vitrine/core/error.hpp"
#include "vitrine/io/sqlite.hpp"

using namespace vitrine;

namespace {

Table example() {
  Table table{{"case", "value \"x\"; DROP TABLE a", "mixed"}, {}};
  for (int i = 0; i < 3000; ++i)
    table.add({"case '" + std::to_string(i), i % 7 == 0 ? std::nan("") : std::sqrt(double(i)),
               i % 2 == 0 ? Table::Cell(double(i)) : Table::Cell("text\n")});
  return table;
}

io::Bytes file() {
  io::SqliteFile database(std::filesystem::temp_directory_path());
  database.table("a", example());
  database.table("none", Table{{"name"}, {}});
  io::Bytes all;
  database.bytes(
      [&](std::span<const std::byte> piece) { all.insert(all.end(), piece.begin(), piece.end()); });
  return all;
}

/// A database that is read back by SQLite itself.
class Reader {
 public:
  explicit Reader(io::Bytes bytes) : bytes_(std::move(bytes)) {
    REQUIRE(sqlite3_open(":memory:", &database_) == SQLITE_OK);
    REQUIRE(sqlite3_deserialize(database_, "main", reinterpret_cast<unsigned char*>(bytes_.data()),
                                sqlite3_int64(bytes_.size()), sqlite3_int64(bytes_.size()),
                                SQLITE_DESERIALIZE_READONLY) == SQLITE_OK);
  }
  ~Reader() { sqlite3_close(database_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  /// Rows as text; numbers as they are, with NULL as NaN.
  std::vector<std::vector<Table::Cell>> rows(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    REQUIRE(sqlite3_prepare_v2(database_, sql, -1, &statement, nullptr) == SQLITE_OK);
    std::vector<std::vector<Table::Cell>> all;
    while (sqlite3_step(statement) == SQLITE_ROW) {
      all.emplace_back();
      for (int c = 0; c < sqlite3_column_count(statement); ++c) {
        if (sqlite3_column_type(statement, c) == SQLITE_TEXT)
          all.back().emplace_back(reinterpret_cast<const char*>(sqlite3_column_text(statement, c)));
        else if (sqlite3_column_type(statement, c) == SQLITE_NULL)
          all.back().emplace_back(std::numeric_limits<double>::quiet_NaN());
        else
          all.back().emplace_back(sqlite3_column_double(statement, c));
      }
    }
    sqlite3_finalize(statement);
    return all;
  }

 private:
  io::Bytes bytes_;
  sqlite3* database_ = nullptr;
};

}  // namespace

TEST_CASE("a database gives back the tables that were put in") {
  Reader reader(file());
  const Table table = example();
  const auto rows = reader.rows("SELECT * FROM a");
  REQUIRE(rows.size() == table.rows.size());
  for (std::size_t r = 0; r < rows.size(); ++r)
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const auto* number = std::get_if<double>(&table.rows[r][c]);
      if (number && std::isnan(*number))
        REQUIRE(std::isnan(std::get<double>(rows[r][c])));
      else
        REQUIRE(rows[r][c] == table.rows[r][c]);
    }
  CHECK(reader.rows("SELECT * FROM none").empty());
  CHECK(reader.rows("PRAGMA integrity_check")[0][0] == Table::Cell("ok"));
}

TEST_CASE("the same tables give the same database, whatever memory held before") {
  const io::Bytes first = file();
  // Fill the heap with other bytes, so that a page that is not zeroed shows.
  {
    std::vector<std::unique_ptr<char[]>> blocks;
    for (int i = 0; i < 2000; ++i) {
      blocks.push_back(std::make_unique<char[]>(4368));
      std::memset(blocks.back().get(), 0xA5, 4368);
    }
  }
  CHECK(file() == first);
}

TEST_CASE("two tables or columns of one name are refused") {
  io::SqliteFile database(std::filesystem::temp_directory_path());
  database.table("a", Table{{"x"}, {}});
  CHECK_THROWS_AS(database.table("a", Table{{"y"}, {}}), Error);
  CHECK_THROWS_AS(database.table("b", Table{{"x", "X"}, {}}), Error);
}

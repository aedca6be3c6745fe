#include "vitrine/io/sqlite.hpp"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

/// A name as SQL spells it: what is inside cannot end it.
std::string quoted(const std::string& name) {
  std::string out = "\"";
  for (const char c : name) out += c == '"' ? std::string("\"\"") : std::string(1, c);
  return out + '"';
}

}  // namespace

struct SqliteFile::State {
  Path path;
  detail::Descriptor file;
  sqlite3* database = nullptr;

  explicit State(const Path& scratch) {
    constexpr std::string_view ending = ".partial";  // what a kill leaves is removed by that
    std::string name = (scratch / str("database-XXXXXX", ending)).string();
    file = detail::Descriptor(::mkostemps(name.data(), int(ending.size()), O_CLOEXEC));
    path = name;
    if (file.number() < 0) detail::fail("write", path, errno);
    // No locks: nobody else knows the file, and some network file systems have none.
    check(sqlite3_open_v2(path.c_str(), &database, SQLITE_OPEN_READWRITE, "unix-none"));
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    sqlite3_close(database);
    if (file.number() >= 0) ::unlink(path.c_str());
  }

  void check(int code) const {
    if (code == SQLITE_OK || code == SQLITE_DONE) return;
    if (code == SQLITE_NOMEM) throw Error(Error::Kind::data, "no memory left for the database");
    if (code == SQLITE_FULL) detail::fail("write", path, ENOSPC);
    if (code == SQLITE_IOERR || code == SQLITE_CANTOPEN) {
      const int number = sqlite3_system_errno(database);
      detail::fail("write", path, number != 0 ? number : EIO);
    }
    throw Error(Error::Kind::data, str("SQLite refuses a table: ", sqlite3_errmsg(database),
                                       ". Tables and columns need names of their own"));
  }
  void run(const std::string& sql) const {
    check(sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr));
  }
};

namespace {

/// A prepared statement that ends with its scope.
class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql) {
    code_ = sqlite3_prepare_v2(database, sql.c_str(), -1, &statement_, nullptr);
  }
  ~Statement() { sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  int prepared() const { return code_; }
  int insert(std::span<const Table::Cell> row) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      const int place = int(c) + 1;
      int code = SQLITE_OK;
      if (const auto* text = std::get_if<std::string>(&row[c]))
        code = sqlite3_bind_text64(statement_, place, text->data(), text->size(), SQLITE_STATIC,
                                   SQLITE_UTF8);
      else if (const double number = std::get<double>(row[c]); std::isnan(number))
        code = sqlite3_bind_null(statement_, place);
      else
        code = sqlite3_bind_double(statement_, place, number);
      if (code != SQLITE_OK) return code;
    }
    const int done = sqlite3_step(statement_);
    sqlite3_reset(statement_);
    return done;
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
  int code_ = SQLITE_OK;
};

}  // namespace

SqliteFile::SqliteFile(const Path& scratch) : state_(std::make_unique<State>(scratch)) {
  // New pages are zeroed, so that no byte of the file depends on what memory held before.
  state_->run(
      "PRAGMA page_size = 4096; PRAGMA encoding = 'UTF-8'; PRAGMA secure_delete = ON; "
      "PRAGMA auto_vacuum = NONE; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF");
}

SqliteFile::~SqliteFile() = default;
SqliteFile::SqliteFile(SqliteFile&&) noexcept = default;
SqliteFile& SqliteFile::operator=(SqliteFile&&) noexcept = default;

void SqliteFile::table(const std::string& name, const std::vector<Column>& columns,
                       FunctionRef<void(TakeRow take)> rows) {
  std::string declared, places;
  for (const Column& column : columns) {
    declared +=
        str(declared.empty() ? "" : ", ", quoted(column.name), column.numeric ? " REAL" : "");
    places += places.empty() ? "?" : ", ?";
  }
  state_->run(str("CREATE TABLE ", quoted(name), " (", declared, ")"));
  state_->run("BEGIN");
  {
    Statement statement(state_->database,
                        str("INSERT INTO ", quoted(name), " VALUES (", places, ")"));
    state_->check(statement.prepared());
    rows([&](std::span<const Table::Cell> row) { state_->check(statement.insert(row)); });
  }
  state_->run("COMMIT");
}

void SqliteFile::table(const std::string& name, const Table& table) {
  std::vector<Column> columns;
  for (std::size_t c = 0; c < table.columns.size(); ++c)
    columns.push_back({table.columns[c],
                       !table.rows.empty() && std::ranges::all_of(table.rows, [&](const auto& row) {
                         return std::holds_alternative<double>(row[c]);
                       })});
  this->table(name, columns, [&](TakeRow take) {
    for (const auto& row : table.rows) take(row);
  });
}

void SqliteFile::bytes(FunctionRef<void(std::span<const std::byte>)> take) {
  state_->check(sqlite3_close(std::exchange(state_->database, nullptr)));
  const std::uint64_t size = std::filesystem::file_size(state_->path);
  std::uint64_t at = 0;
  for (Bytes block; at < size; at += block.size()) {
    block.resize(std::size_t(std::min<std::uint64_t>(mebibyte, size - at)));
    detail::read_at(state_->file.number(), state_->path, block, at);
    take(block);
  }
}

}  // namespace vitrine::io

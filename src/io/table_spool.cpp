#include "vitrine/io/table_spool.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "vitrine/core/csv_line.hpp"
#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/io/detail/posix.hpp"

namespace vitrine::io {
namespace {

constexpr std::size_t block_bytes = 2 * mebibyte;  // of rows that are held, and read at once
constexpr std::uint32_t number_mark = ~std::uint32_t{0};

/// A cell is the length of its text and the text, or the mark of numbers and a number.
void put(Bytes& out, const Table::Cell& cell) {
  const auto append = [&](const void* from, std::size_t size) {
    const auto* bytes = static_cast<const std::byte*>(from);
    out.insert(out.end(), bytes, bytes + size);
  };
  if (const double* number = std::get_if<double>(&cell)) {
    append(&number_mark, sizeof number_mark);
    append(number, sizeof *number);
  } else {
    const auto& text = std::get<std::string>(cell);
    const auto length = static_cast<std::uint32_t>(text.size());
    append(&length, sizeof length);
    append(text.data(), length);
  }
}

/// Takes cells from bytes that `put` made.
class Cells {
 public:
  explicit Cells(std::span<const std::byte> bytes) : left_(bytes) {}
  bool any() const { return !left_.empty(); }

  void skip() {
    const std::uint32_t length = head();
    left_ = left_.subspan(length == number_mark ? sizeof(double) : length);
  }
  void read(Table::Cell& cell) {
    const std::uint32_t length = head();
    if (length == number_mark) {
      double number = 0.0;
      std::memcpy(&number, left_.data(), sizeof number);
      left_ = left_.subspan(sizeof number);
      cell = number;
      return;
    }
    if (!std::holds_alternative<std::string>(cell)) cell.emplace<std::string>();
    std::get<std::string>(cell).assign(reinterpret_cast<const char*>(left_.data()), length);
    left_ = left_.subspan(length);
  }

 private:
  std::uint32_t head() {
    std::uint32_t length = 0;
    std::memcpy(&length, left_.data(), sizeof length);
    left_ = left_.subspan(sizeof length);
    return length;
  }
  std::span<const std::byte> left_;
};

}  // namespace

struct TableSpool::State {
  Path dir, path;
  detail::Descriptor file;
  std::vector<std::size_t> written;  // bytes of each block in the file, of whole rows
  Bytes held;                        // rows after those
  std::vector<std::string> columns;
  std::vector<bool> numeric;
  std::size_t rows = 0;

  void spill() {
    if (file.number() < 0) {
      constexpr std::string_view ending = ".partial";  // what a kill leaves is removed by that
      std::string name = (dir / str("rows-XXXXXX", ending)).string();
      file = detail::Descriptor(::mkostemps(name.data(), int(ending.size()), O_CLOEXEC));
      path = name;
      if (file.number() < 0) detail::fail("write", path, errno);
      ::unlink(name.c_str());
    }
    detail::write_all(file.number(), path, held);
    written.push_back(held.size());
    held.clear();
  }

  /// Rows, many at a time.
  void each_block(FunctionRef<void(std::span<const std::byte>)> take) const {
    Bytes block;
    std::size_t at = 0;
    for (const std::size_t size : written) {
      block.resize(size);
      detail::read_at(file.number(), path, block, at);
      take(block);
      at += size;
    }
    take(held);
  }
};

TableSpool::TableSpool(Path dir) : state_(std::make_unique<State>()) {
  state_->dir = std::move(dir);
}
TableSpool::~TableSpool() = default;
TableSpool::TableSpool(TableSpool&&) noexcept = default;

void TableSpool::append(const Table& table) {
  State& s = *state_;
  if (table.columns.empty()) return;
  if (s.columns.empty()) {
    s.columns = table.columns;
    s.numeric.assign(s.columns.size(), true);
  }
  require(table.columns == s.columns, Error::Kind::data, "a table with ", table.columns.size(),
          " columns does not go on one with ", s.columns.size());
  for (const auto& row : table.rows) {
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (!std::holds_alternative<double>(row[c])) s.numeric[c] = false;
      put(s.held, row[c]);
    }
    ++s.rows;
    if (s.held.size() >= block_bytes) s.spill();
  }
}

const std::vector<std::string>& TableSpool::columns() const { return state_->columns; }
std::size_t TableSpool::rows() const { return state_->rows; }
bool TableSpool::is_numeric(std::size_t column) const { return state_->numeric[column]; }

void TableSpool::each_row(FunctionRef<void(std::span<const Table::Cell>)> take) const {
  std::vector<Table::Cell> row(state_->columns.size());
  state_->each_block([&](std::span<const std::byte> block) {
    for (Cells cells(block); cells.any(); take(row))
      for (Table::Cell& cell : row) cells.read(cell);
  });
}

void TableSpool::each_cell(std::size_t column, FunctionRef<void(const Table::Cell&)> take) const {
  const std::size_t count = state_->columns.size();
  Table::Cell cell;
  state_->each_block([&](std::span<const std::byte> block) {
    for (Cells cells(block); cells.any(); take(cell)) {
      for (std::size_t c = 0; c < count; ++c) {
        if (c == column)
          cells.read(cell);
        else
          cells.skip();
      }
    }
  });
}

void TableSpool::csv(FunctionRef<void(std::span<const std::byte>)> take) const {
  constexpr std::size_t piece = mebibyte;
  std::string text;
  append_csv_line(text, state_->columns);
  each_row([&](std::span<const Table::Cell> row) {
    append_csv_line(text, row);
    if (text.size() < piece) return;
    take(std::as_bytes(std::span(text)));
    text.clear();
  });
  take(std::as_bytes(std::span(text)));
}

void write_table(H5File& file, const std::string& group, const TableSpool& table) {
  if (table.columns().empty()) return;
  write_columns(
      file, group,
      {table.columns(), table.rows(), [&](std::size_t column) { return table.is_numeric(column); },
       [&](std::size_t column, FunctionRef<void(const Table::Cell&)> take) {
         table.each_cell(column, take);
       }});
}

}  // namespace vitrine::io

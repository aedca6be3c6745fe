#include "vitrine/core/table.hpp"

#include <cmath>

#include "vitrine/core/csv_line.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine {

void Table::add(std::vector<Cell> row) {
  VITRINE_EXPECT(row.size() == columns.size());
  rows.push_back(std::move(row));
}

std::size_t Table::column(const std::string& name) const {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i] == name) return i;
  throw Error(Error::Kind::data,
              str("the table has no column '", name, "'.", suggestion(name, columns)));
}

namespace {

void append_cell(std::string& out, const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) {
    out += text;
    return;
  }
  out += '"';
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  out += '"';
}

void append_cell(std::string& out, const Table::Cell& cell) {
  const double* number = std::get_if<double>(&cell);
  if (!number) return append_cell(out, std::get<std::string>(cell));
  if (!std::isnan(*number)) out += to_text(*number);
}

template <class T>
void append_line(std::string& out, std::span<const T> cells) {
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i) out += ',';
    append_cell(out, cells[i]);
  }
  out += '\n';
}

}  // namespace

void append_csv_line(std::string& out, std::span<const std::string> names) {
  append_line(out, names);
}

void append_csv_line(std::string& out, std::span<const Table::Cell> row) { append_line(out, row); }

std::string Table::to_csv() const {
  std::string out;
  append_csv_line(out, columns);
  for (const auto& row : rows) append_csv_line(out, row);
  return out;
}

}  // namespace vitrine

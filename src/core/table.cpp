#include "vitrine/core/table.hpp"

#include <cmath>

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

}  // namespace

std::string Table::to_csv() const {
  std::string out;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i) out += ',';
    append_cell(out, columns[i]);
  }
  out += '\n';
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      if (i) out += ',';
      if (const double* number = std::get_if<double>(&row[i])) {
        if (!std::isnan(*number)) out += to_text(*number);
      } else {
        append_cell(out, std::get<std::string>(row[i]));
      }
    }
    out += '\n';
  }
  return out;
}

}  // namespace vitrine

#include "vitrine/cli/reference_table.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/value.hpp"
#include "vitrine/io/csv.hpp"

namespace vitrine::cli {
namespace {

constexpr std::size_t most_shown = 20;

bool is_code(const std::string& text) {
  return text.size() == 4 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
         });
}

}  // namespace

ReferenceTable::ReferenceTable(const io::Path& file)
    : file_(file.string()), table_(io::read_csv(file)) {}

bool ReferenceTable::has(const std::string& column) const {
  return std::find(table_.columns.begin(), table_.columns.end(), column) != table_.columns.end();
}

std::string ReferenceTable::text(const std::string& column) const {
  const Table::Cell& cell = table_.rows[row_][table_.column(column)];
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  const double number = std::get<double>(cell);
  return std::isnan(number) ? std::string() : to_text(number);
}

double ReferenceTable::number(const std::string& column) {
  const double* value = std::get_if<double>(&table_.rows[row_][table_.column(column)]);
  if (value && std::isfinite(*value)) return *value;
  problem(str(column, " is '", text(column), "' (a finite number is expected)"));
  return 0;
}

std::string ReferenceTable::code(const std::string& column) {
  std::string code = text(column);
  if (!is_code(code)) problem(str(column, " is '", code, "' (four capital letters or digits)"));
  return code;
}

void ReferenceTable::problem(const std::string& what) {
  problems_.push_back(str("line ", row_ + 2, ": ", what));  // the header is line 1
}

void ReferenceTable::throw_if_any() const {
  std::string listing;
  for (std::size_t i = 0; i < std::min(problems_.size(), most_shown); ++i)
    listing += "\n  " + problems_[i];
  if (problems_.size() > most_shown)
    listing += str("\n  and ", problems_.size() - most_shown, " more");
  require(problems_.empty(), Error::Kind::data, "'", file_,
          "' is not a table of IBSI's reference values:", listing);
}

}  // namespace vitrine::cli

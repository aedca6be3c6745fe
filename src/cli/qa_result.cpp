#include "vitrine/cli/qa_result.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "vitrine/core/value.hpp"
#include "vitrine/io/file.hpp"

namespace vitrine::cli {
namespace {

std::string brief(double number, int digits) {
  if (std::isnan(number)) return "-";
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*g", digits, number);
  return text.data();
}

/// Lengths to a micrometre, all else to its digits.
double rounded(const QaNumber& number) {
  constexpr double micrometre = 1e-3;
  return number.unit == "mm" ? std::round(number.value / micrometre) * micrometre + 0.0
                             : number.value;
}

std::string cell_text(const Table::Cell& cell) {
  constexpr int digits = 5;
  if (const auto* text = std::get_if<std::string>(&cell)) return *text;
  return brief(std::get<double>(cell), digits);
}

/// Numbers to the right, text to the left, as wide as the longest cell.
void print_table(const Table& table, std::size_t most) {
  const std::size_t rows = std::min(most, table.rows.size());
  if (rows == 0) return;
  const auto row_at = [&](std::size_t n) -> const std::vector<Table::Cell>& {
    return table.rows[rows == 1 ? 0 : n * (table.rows.size() - 1) / (rows - 1)];
  };
  std::vector<std::size_t> width;
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    std::size_t w = table.columns[c].size();
    for (std::size_t n = 0; n < rows; ++n) w = std::max(w, cell_text(row_at(n)[c]).size());
    width.push_back(w);
  }
  std::printf("\n");
  const auto print = [&](const auto& text_of_column) {
    std::string line;
    for (std::size_t c = 0; c < table.columns.size(); ++c) {
      const std::string text = text_of_column(c);
      const std::string space(width[c] - text.size(), ' ');
      const bool number = std::holds_alternative<double>(row_at(0)[c]);
      line += "  " + (number ? space + text : text + space);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    std::printf("%s\n", line.c_str());
  };
  print([&](std::size_t c) { return table.columns[c]; });
  for (std::size_t n = 0; n < rows; ++n)
    print([&](std::size_t c) { return cell_text(row_at(n)[c]); });
}

std::string as_json(const QaResult& result) {
  Value document, numbers;
  document.set("measure", result.measure);
  for (const QaNumber& number : result.numbers) {
    Value entry;
    entry.set("value", number.value).set("unit", number.unit);
    numbers.set(number.name, std::move(entry));
  }
  document.set("numbers", std::move(numbers));
  Value::List rows, notes;
  for (const auto& row : result.table.rows) {
    Value object;
    for (std::size_t c = 0; c < row.size(); ++c) {
      const double* number = std::get_if<double>(&row[c]);
      object.set(result.table.columns[c],
                 number ? Value(*number) : Value(std::get<std::string>(row[c])));
    }
    rows.push_back(std::move(object));
  }
  for (const std::string& note : result.notes) notes.emplace_back(note);
  document.set("rows", Value(std::move(rows))).set("notes", Value(std::move(notes)));
  return to_json(document, 2) + "\n";
}

}  // namespace

void show(const QaResult& result, const QaOutputs& outputs) {
  require(outputs.figure.empty() || !result.chart.lines.empty(), Error::Kind::input,
          "this measure has no curve to draw (it is a table). Leave --figure out.");
  std::printf("%s\n", result.measure.c_str());
  std::size_t width = 0;
  for (const QaNumber& n : result.numbers) width = std::max(width, n.name.size());
  for (const QaNumber& n : result.numbers)
    std::printf("  %-*s  %10s%s\n", int(width), n.name.c_str(), brief(rounded(n), n.digits).c_str(),
                n.unit.empty() ? "" : (" " + n.unit).c_str());
  print_table(result.table, result.shown_rows);
  for (const std::string& note : result.notes) std::printf("note: %s\n", note.c_str());
  if (!outputs.csv.empty()) io::write_file(outputs.csv, result.table.to_csv());
  if (!outputs.json.empty()) io::write_file(outputs.json, as_json(result));
  if (!outputs.figure.empty()) io::write_file(outputs.figure, report::svg(result.chart));
}

}  // namespace vitrine::cli

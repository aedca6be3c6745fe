#include "vitrine/io/csv.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>
#include <set>

#include "vitrine/core/error.hpp"

namespace vitrine::io {
namespace {

struct Field {
  std::string text;
  bool quoted = false;
};

/// Splits the text into records; knows on which line it is.
class Reader {
 public:
  Reader(std::string_view text, const std::string& file, char separator)
      : text_(text), file_(file), separator_(separator), ends_{separator, '\r', '\n', '"'} {
    if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;  // byte order mark, as spreadsheets write it
  }

  bool more() const { return at_ < text_.size(); }
  int line() const { return start_; }  ///< on which the last record begins

  std::vector<Field> record(std::size_t max_fields) {
    start_ = line_;
    std::vector<Field> fields;
    for (;;) {
      fields.push_back(field());
      if (fields.size() > max_fields) refuse(str("more than ", max_fields, " columns."));
      if (at_ >= text_.size()) return fields;
      const char c = text_[at_++];
      if (c == separator_) continue;
      if (c == '\r' && at_ < text_.size() && text_[at_] == '\n') ++at_;
      ++line_;
      return fields;
    }
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(Error::Kind::data, why, Location{file_, start_, 1, {}});
  }

 private:
  Field field() {
    if (at_ < text_.size() && text_[at_] == '"') return quoted();
    const std::size_t end = std::min(text_.find_first_of(ends_, at_), text_.size());
    if (end < text_.size() && text_[end] == '"')
      refuse(
          "a quote inside a cell that does not begin with one. Quote the whole cell and double the "
          "quote.");
    Field out{std::string(text_.substr(at_, end - at_)), false};
    if (out.text.find('\0') != std::string::npos) refuse("a zero byte (this is no text file).");
    at_ = end;
    return out;
  }

  Field quoted() {
    Field out{{}, true};
    for (++at_;; ++at_) {
      if (at_ >= text_.size()) refuse("the quote that opens here is never closed.");
      const char c = text_[at_];
      if (c == '\n') ++line_;
      if (c != '"') {
        out.text += c;
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
        out.text += '"';
        ++at_;
      } else {
        break;
      }
    }
    ++at_;
    if (at_ < text_.size() &&
        std::string_view(ends_).substr(0, 3).find(text_[at_]) == std::string_view::npos)
      refuse("text behind a closing quote. Double every quote inside a quoted cell.");
    return out;
  }

  std::string_view text_;
  std::string file_;
  char separator_;
  std::string ends_;  ///< what a cell without quotes ends with, and a quote
  std::size_t at_ = 0;
  int line_ = 1, start_ = 1;
};

std::optional<double> number(const Field& field, bool decimal_comma) {
  double value = 0.0;
  std::string text = field.text;
  if (decimal_comma && std::count(text.begin(), text.end(), ',') == 1 &&
      text.find('.') == std::string::npos)
    text[text.find(',')] = '.';
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (field.quoted || error != std::errc() || stop != end) return std::nullopt;
  return value;
}

// An empty cell is a missing number unless its column holds text.
void settle_empty_cells(Table& table) {
  for (std::size_t column = 0; column < table.columns.size(); ++column) {
    bool has_text = false;
    for (const auto& row : table.rows)
      if (const auto* text = std::get_if<std::string>(&row[column])) has_text |= !text->empty();
    if (has_text) continue;
    for (auto& row : table.rows)
      if (std::holds_alternative<std::string>(row[column]))
        row[column] = std::numeric_limits<double>::quiet_NaN();
  }
}

}  // namespace

CsvFormat CsvFormat::of(std::string_view text) {
  std::array<std::pair<char, int>, 3> counts{{{',', 0}, {';', 0}, {'\t', 0}}};
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == '\n' && !quoted) break;
    for (auto& [separator, count] : counts) count += !quoted && c == separator;
  }
  const auto most =
      std::max_element(counts.begin(), counts.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return {most->first, most->first != ','};
}

Table parse_csv(std::string_view text, const std::string& file, const CsvLimits& limits) {
  return parse_csv_rows(text, file, {}, limits).table;
}

CsvRows parse_csv_rows(std::string_view text, const std::string& file, const CsvFormat& format,
                       const CsvLimits& limits) {
  Reader reader(text, file, format.separator);
  if (!reader.more()) reader.refuse("the table is empty: a header line is expected.");
  CsvRows result;
  Table& table = result.table;
  std::set<std::string> seen;
  for (Field& name : reader.record(limits.columns)) {
    if (name.text.empty()) reader.refuse("a column without a name.");
    if (!seen.insert(name.text).second)
      reader.refuse(str("the column '", name.text, "' occurs twice."));
    table.columns.push_back(std::move(name.text));
  }
  while (reader.more()) {
    auto fields = reader.record(limits.columns);
    if (fields.size() == 1 && table.columns.size() > 1 && fields[0].text.empty())
      continue;  // blank line
    if (fields.size() != table.columns.size())
      reader.refuse(str("this row has ", fields.size(), " cells, the header has ",
                        table.columns.size(), '.'));
    if ((table.rows.size() + 1) * table.columns.size() > limits.cells)
      reader.refuse(str("more than ", limits.cells, " cells."));
    std::vector<Table::Cell> row;
    row.reserve(fields.size());
    for (Field& field : fields) {
      if (const auto value = number(field, format.decimal_comma))
        row.emplace_back(*value);
      else
        row.emplace_back(std::move(field.text));
    }
    table.add(std::move(row));
    result.line.push_back(reader.line());
  }
  settle_empty_cells(table);
  return result;
}

Table read_csv(const Path& path, const CsvLimits& limits) {
  return parse_csv(read_text(path, gibibyte), path.string(), limits);
}

}  // namespace vitrine::io

#include "vitrine/io/json.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

namespace vitrine::io {
namespace {

/// Builds a Value from nlohmann's events, which never hold more than one of them.
class Builder {
 public:
  using Json = nlohmann::json;

  Builder(std::string_view text, std::string file, int max_depth)
      : text_(text), file_(std::move(file)), max_depth_(max_depth) {}

  bool null() { return put({}); }
  bool boolean(bool flag) { return put(flag); }
  bool number_integer(Json::number_integer_t n) { return put(double(n)); }
  bool number_unsigned(Json::number_unsigned_t n) { return put(double(n)); }
  bool number_float(Json::number_float_t n, const std::string& text) {
    if (!std::isfinite(n)) refuse(str("the number ", text, " is too large."));
    return put(n);
  }
  bool string(std::string& text) { return put(std::move(text)); }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(std::size_t) { return open(Value::Map{}); }
  bool start_array(std::size_t) { return open(Value::List{}); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (open_.back().value.find(name)) refuse(str("the key '", name, "' occurs twice in one map."));
    open_.back().key = std::move(name);
    return true;
  }
  bool parse_error(std::size_t position, const std::string&, const Json::exception& error) {
    // what() is "[json.exception.parse_error.101] parse error at line 1, column 2: the reason"
    std::string reason = error.what();
    for (const std::string_view before : {"] ", ": "})
      if (const auto at = reason.find(before); at != std::string::npos)
        reason.erase(0, at + before.size());
    const auto before = text_.substr(0, std::min(position ? position - 1 : 0, text_.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    const auto column = before.size() - (before.rfind('\n') + 1) + 1;
    throw Error(Error::Kind::data,
                str("this is no JSON (", reason, "). Restore or regenerate the file."),
                Location{file_, int(line), int(column), {}});
  }

  /// Within a map that nothing holds, where the next value is its member.
  bool outermost() const { return open_.size() == 1 && open_.back().value.as<Value::Map>(); }
  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(Error::Kind::data, why, Location{file_, 0, 0, path()});
  }
  Value result() && { return std::move(result_); }

 private:
  struct Open {
    Value value;
    std::string key;  ///< where the next member goes
  };

  std::string path() const {
    std::string text;
    for (const Open& open : open_)
      if (const auto* list = open.value.as<Value::List>())
        (text += '[').append(std::to_string(list->size())) += ']';
      else
        (text += text.empty() ? "" : ".") += open.key;
    return text;
  }
  bool open(Value empty) {
    if (std::ssize(open_) >= max_depth_) refuse(str("nested deeper than ", max_depth_, " levels."));
    open_.push_back({std::move(empty), {}});
    return true;
  }
  bool close() {
    Value done = std::move(open_.back().value);
    open_.pop_back();
    return put(std::move(done));
  }
  bool put(Value value) {
    // Cells of a long list carry no place: there may be millions.
    const bool is_cell = !open_.empty() && open_.back().value.as<Value::List>() &&
                         !value.as<Value::List>() && !value.as<Value::Map>();
    if (!is_cell) value.where = {file_, 0, 0, path()};
    if (open_.empty())
      result_ = std::move(value);
    else if (auto* list = std::get_if<Value::List>(&open_.back().value.data))
      list->push_back(std::move(value));
    else
      open_.back().value.set(open_.back().key, std::move(value));
    return true;
  }

  std::string_view text_;
  std::string file_;
  int max_depth_;
  std::vector<Open> open_;
  Value result_;
};

/// Takes tables out of the events; a Builder gets all others.
class TableBuilder {
 public:
  using Json = Builder::Json;

  TableBuilder(Builder& rest, TableOf table_of) : rest_(rest), table_of_(table_of) {}

  bool null() { return in_table() ? cell(std::numeric_limits<double>::quiet_NaN()) : rest_.null(); }
  bool boolean(bool flag) { return in_table() ? no_table() : rest_.boolean(flag); }
  bool number_integer(Json::number_integer_t n) {
    return in_table() ? cell(double(n)) : rest_.number_integer(n);
  }
  bool number_unsigned(Json::number_unsigned_t n) {
    return in_table() ? cell(double(n)) : rest_.number_unsigned(n);
  }
  bool number_float(Json::number_float_t n, const std::string& text) {
    return in_table() && std::isfinite(n) ? cell(n) : rest_.number_float(n, text);
  }
  bool string(std::string& text) {
    if (!in_table()) return rest_.string(text);
    if (place_ != Place::columns) return cell(std::move(text));
    table_->columns.push_back(std::move(text));
    return true;
  }
  bool binary(Json::binary_t&) { return false; }

  bool key(std::string& name) {
    if (!in_table()) {
      table_ = rest_.outermost() ? table_of_(name) : nullptr;
      if (table_) place_ = Place::awaited;
      seen_ = {};
      return rest_.key(name);
    }
    next_part_ = name == "columns" ? Place::columns : Place::rows;
    const bool known = next_part_ == Place::columns || name == "rows";
    bool& seen = seen_[next_part_ == Place::rows];
    return known && !std::exchange(seen, true) ? true : no_table();
  }
  bool start_object(std::size_t size) {
    if (!in_table()) return rest_.start_object(size);
    if (place_ != Place::awaited) return no_table();
    place_ = Place::table;
    return true;
  }
  bool start_array(std::size_t size) {
    if (!in_table()) return rest_.start_array(size);
    if (place_ == Place::table) {
      place_ = next_part_;
    } else if (place_ == Place::rows) {
      place_ = Place::row;
      table_->rows.emplace_back().reserve(table_->columns.size());
    } else {
      return no_table();
    }
    return true;
  }
  bool end_array() {
    if (!in_table()) return rest_.end_array();
    place_ = place_ == Place::row ? Place::rows : Place::table;
    return true;
  }
  /// Of the table, which leaves an empty member behind: its key must not come twice.
  bool end_object() {
    if (!in_table()) return rest_.end_object();
    if (!seen_[0] || !seen_[1]) return no_table();
    for (const auto& row : table_->rows)
      if (row.size() != table_->columns.size())
        rest_.refuse(str("a row of a stored table has ", row.size(), " cells (the table has ",
                         table_->columns.size(), " columns)."));
    place_ = Place::outside;
    return rest_.null();
  }
  bool parse_error(std::size_t position, const std::string& last, const Json::exception& error) {
    return rest_.parse_error(position, last, error);
  }

 private:
  enum class Place { outside, awaited, table, columns, rows, row };

  bool in_table() const { return place_ != Place::outside; }
  bool cell(Table::Cell content) {
    if (place_ != Place::row) return no_table();
    table_->rows.back().push_back(std::move(content));
    return true;
  }
  bool no_table() const {
    rest_.refuse("this is no table: {\"columns\": [texts], \"rows\": [[texts and numbers]]}.");
  }

  Builder& rest_;
  TableOf table_of_;
  Place place_ = Place::outside, next_part_ = Place::columns;
  std::array<bool, 2> seen_{};  ///< columns, rows
  Table* table_ = nullptr;
};

void check_size(std::string_view text, const std::string& file, const JsonLimits& limits) {
  if (text.size() > limits.bytes)
    throw Error(Error::Kind::data,
                str("the text has ", text.size(), " bytes (more than the ", limits.bytes,
                    " allowed). Check that it is the right file."),
                Location{file, 0, 0, {}});
}

}  // namespace

Value parse_json(std::string_view text, const std::string& file, const JsonLimits& limits) {
  check_size(text, file, limits);
  Builder builder(text, file, limits.depth);
  nlohmann::json::sax_parse(text, &builder);
  return std::move(builder).result();
}

Value parse_json(std::string_view text, const std::string& file, TableOf table_of,
                 const JsonLimits& limits) {
  check_size(text, file, limits);
  Builder rest(text, file, limits.depth);
  TableBuilder builder(rest, table_of);
  nlohmann::json::sax_parse(text, &builder);
  return std::move(rest).result();
}

}  // namespace vitrine::io

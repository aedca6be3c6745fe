#include "vitrine/io/json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

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

  Value result() && { return std::move(result_); }

 private:
  struct Open {
    Value value;
    std::string key;  ///< where the next member goes
  };

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(Error::Kind::data, why, Location{file_, 0, 0, path()});
  }
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

}  // namespace

Value parse_json(std::string_view text, const std::string& file, const JsonLimits& limits) {
  if (text.size() > limits.bytes)
    throw Error(Error::Kind::data,
                str("the text has ", text.size(), " bytes (more than the ", limits.bytes,
                    " allowed). Check that it is the right file."),
                Location{file, 0, 0, {}});
  Builder builder(text, file, limits.depth);
  nlohmann::json::sax_parse(text, &builder);
  return std::move(builder).result();
}

}  // namespace vitrine::io

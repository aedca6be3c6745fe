#include "vitrine/core/value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

namespace vitrine {

Value::Value(List list) : data(std::move(list)) {}
Value::Value(Map map) : data(std::move(map)) {}

const Value* Value::find(std::string_view key) const {
  if (const Map* map = as<Map>())
    for (const Member& member : *map)
      if (member.key == key) return &member.value;
  return nullptr;
}

Value& Value::set(std::string key, Value value) {
  if (empty()) data = Map{};
  std::get<Map>(data).push_back({std::move(key), std::move(value), {}});
  return *this;
}

std::string_view name_of_type(const Value& value) {
  constexpr std::array<std::string_view, 6> names{"nothing", "true/false", "a number",
                                                  "text",    "a list",     "a map"};
  return names[value.data.index()];
}

std::string to_text(double number) {
  if (std::isnan(number)) return "nan";
  if (std::isinf(number)) return number > 0 ? "inf" : "-inf";
  if (number == 0.0) return "0";
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

namespace {

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (code < 0x20) {
      out += "\\u00";
      out += digits[code >> 4];
      out += digits[code & 15];
    } else {
      out += c;
    }
  }
  out += '"';
}

class JsonWriter {
 public:
  explicit JsonWriter(int indent) : indent_(indent) {}

  void write(const Value& value, int depth) {
    if (const bool* b = value.as<bool>()) {
      text += *b ? "true" : "false";
    } else if (const double* number = value.as<double>()) {
      text += std::isfinite(*number) ? to_text(*number) : "null";
    } else if (const auto* string = value.as<std::string>()) {
      append_quoted(text, *string);
    } else if (const auto* list = value.as<Value::List>()) {
      write_all(*list, '[', ']', depth, [&](const Value& item) { write(item, depth + 1); });
    } else if (const auto* map = value.as<Value::Map>()) {
      write_all(*map, '{', '}', depth, [&](const Value::Member& member) {
        append_quoted(text, member.key);
        text += indent_ > 0 ? ": " : ":";
        write(member.value, depth + 1);
      });
    } else {
      text += "null";
    }
  }

  std::string text;

 private:
  template <class Items, class Each>
  void write_all(const Items& items, char open, char close, int depth, const Each& each) {
    text += open;
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (i) text += ',';
      break_line(depth + 1);
      each(items[i]);
    }
    if (!items.empty()) break_line(depth);
    text += close;
  }
  void break_line(int depth) {
    if (indent_ > 0) text.append("\n").append(static_cast<std::size_t>(indent_ * depth), ' ');
  }

  int indent_;
};

/// Letters to change, put in, leave out or exchange with their neighbour.
std::size_t edits(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1), row_before;
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    const std::vector<std::size_t> previous = row;
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], row_before[j - 2] + 1);
    }
    row_before = previous;
  }
  return row.back();
}

}  // namespace

std::string to_json(const Value& value, int indent) {
  JsonWriter writer(indent);
  writer.write(value, 0);
  return std::move(writer.text);
}

void Diagnostics::throw_if_any() const {
  if (ok()) return;
  std::string text;
  for (const Entry& entry : entries_) {
    if (!text.empty()) text += '\n';
    text += str(to_string(entry.where), ": ", entry.message);
  }
  throw Error(Error::Kind::input, text);
}

std::string closest(std::string_view word, const std::vector<std::string>& candidates) {
  std::string best;
  std::size_t best_edits = 0;
  for (const std::string& candidate : candidates) {
    const bool begins =
        word.size() >= 3 && (candidate.starts_with(word) || word.starts_with(candidate));
    const std::size_t n = begins ? 0 : edits(word, candidate);
    const std::size_t allowed =
        std::max<std::size_t>(1, std::max(word.size(), candidate.size()) / 3);
    if (n <= allowed && (best.empty() || n < best_edits)) {
      best = candidate;
      best_edits = n;
    }
  }
  return best;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& candidates) {
  if (const std::string near = closest(word, candidates); !near.empty())
    return str(" Did you mean '", near, "'?");
  std::string known;
  for (const std::string& candidate : candidates)
    known += str(known.empty() ? "" : ", ", candidate);
  return known.empty() ? std::string() : str(" Known: ", known, '.');
}

}  // namespace vitrine

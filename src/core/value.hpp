#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "vitrine/core/error.hpp"

namespace vitrine {

/// A parsed configuration node: plain data plus where it was written.
///
/// yaml-cpp stays inside config/; nobody else sees its types.
struct Value {
  struct Member;
  using List = std::vector<Value>;
  using Map = std::vector<Member>;  // keeps the order of the file
  std::variant<std::monostate, bool, double, std::string, List, Map> data;
  Location where;

  Value() = default;
  Value(bool b);
  Value(double number);
  Value(std::string text);
  Value(const char* text);
  Value(List list);
  Value(Map map);

  const Value* find(std::string_view key) const;
  /// Append a member; the node becomes a map if it was empty.
  Value& set(std::string key, Value value);
  template <class T>
  const T* as() const {
    return std::get_if<T>(&data);
  }
  bool empty() const { return std::holds_alternative<std::monostate>(data); }
};

struct Value::Member {
  std::string key;
  Value value;
  Location key_where;
};

// Here, where Member is complete: the variant's members can only now be destroyed.
inline Value::Value(bool b) : data(b) {}
inline Value::Value(double number) : data(number) {}
inline Value::Value(std::string text) : data(std::move(text)) {}
inline Value::Value(const char* text) : data(std::string(text)) {}

/// What kind of node this is, for messages: "a number", "text", "a list", "a map", "nothing".
std::string_view name_of_type(const Value& value);

/// Canonical JSON text: keys in the given order, shortest round-trip numbers, no spaces.
/// `indent` > 0 breaks lines for people. Not-a-number and infinities become null.
std::string to_json(const Value& value, int indent = 0);

/// Shortest decimal text that reads back as the same double; `nan`, `inf`, `-inf` otherwise.
std::string to_text(double number);

/// Problems found while reading; all are reported before anything runs.
class Diagnostics {
 public:
  struct Entry {
    Location where;
    std::string message;
  };
  void error(const Location& where, std::string message) {
    entries_.push_back({where, std::move(message)});
  }
  bool ok() const { return entries_.empty(); }
  const std::vector<Entry>& entries() const { return entries_; }
  /// One Error of kind input that lists every entry, if there is any.
  void throw_if_any() const;

 private:
  std::vector<Entry> entries_;
};

/// The candidate nearest to `word`, or "" if none is near: a candidate that `word` begins or that
/// begins `word` (`radius` -> `radius_mm`), else the one within a third of its length in edits.
std::string closest(std::string_view word, const std::vector<std::string>& candidates);

/// " Did you mean 'x'?" or, where nothing is near, " Known: a, b, c."
std::string suggestion(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace vitrine

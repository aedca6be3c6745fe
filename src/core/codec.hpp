#pragma once
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/core/distribution.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine {

/// One field as people and tools see it: feeds the docs, the JSON Schema and `vitrine explain`.
struct FieldInfo {
  enum class Type { number, integer, text, flag, distribution, choice, list, block, pick, any };

  std::string key;  ///< YAML key, unit suffix included: `radius_mm`
  Type type = Type::any;
  std::string doc, default_text, unit;
  bool required = false;
  double min = -std::numeric_limits<double>::infinity();  ///< in the unit of the key
  double max = +std::numeric_limits<double>::infinity();
  std::vector<std::string> options;  ///< the words allowed, if only some are
  std::size_t longest_name = 0;      ///< of a text that becomes part of file names; 0: any text
  std::string family;                ///< catalogue of a pick
  std::vector<FieldInfo> children;   ///< fields of a block; the one element of a list
};

/// What a type of field is called in documentation: "number", "list of text", ...
std::string type_name(const FieldInfo& field);

/// How a C++ type is read from and written to a Value: one specialisation teaches Schema a type.
///
/// `read` reports to `problems` and leaves `out` alone on trouble; `write(read(x))` is the
/// canonical form of x; `describe` fills type, children and options of a FieldInfo.
template <class T>
struct Codec;

namespace detail {
/// False and a problem if `number` (in the unit of the key) is outside the field's range.
bool in_range(double number, const FieldInfo& field, const Location& where, Diagnostics& problems);
/// False and a problem if the field lists options and `word` is none of them, or if it wants a name
/// and `word` is not fit for one.
bool is_word(const std::string& word, const FieldInfo& field, const Location& where,
             Diagnostics& problems);
void wrong_type(const Value& value, const FieldInfo& field, Diagnostics& problems);
}  // namespace detail

template <>
struct Codec<double> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::number; }
  static void read(const Value& value, double& out, const FieldInfo& field, double to_native,
                   Diagnostics& problems);
  static Value write(double number, double to_native) { return Value(number / to_native); }
};

template <>
struct Codec<std::int64_t> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::integer; }
  static void read(const Value& value, std::int64_t& out, const FieldInfo& field, double,
                   Diagnostics& problems);
  static Value write(std::int64_t number, double) { return Value(double(number)); }
};

template <>
struct Codec<bool> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::flag; }
  static void read(const Value& value, bool& out, const FieldInfo& field, double,
                   Diagnostics& problems);
  static Value write(bool flag, double) { return Value(flag); }
};

template <>
struct Codec<std::string> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::text; }
  static void read(const Value& value, std::string& out, const FieldInfo& field, double,
                   Diagnostics& problems);
  static Value write(const std::string& text, double) { return Value(text); }
};

template <>
struct Codec<Distribution> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::distribution; }
  /// Every value that can be drawn must lie in the field's range; a normal or log-normal is
  /// truncated to it, and more than 5 % truncated mass is an error.
  static void read(const Value& value, Distribution& out, const FieldInfo& field, double to_native,
                   Diagnostics& problems);
  static Value write(const Distribution& d, double to_native) { return d.write(to_native); }
};

template <>
struct Codec<Choice> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::choice; }
  static void read(const Value& value, Choice& out, const FieldInfo& field, double,
                   Diagnostics& problems);
  static Value write(const Choice& choice, double);
};

/// A node kept as it is: its owner reads it later.
template <>
struct Codec<Value> {
  static void describe(FieldInfo& field) { field.type = FieldInfo::Type::any; }
  static void read(const Value& value, Value& out, const FieldInfo&, double, Diagnostics&) {
    out = value;
  }
  static Value write(const Value& value, double) { return value; }
};

template <class T>
struct Codec<std::optional<T>> {
  static void describe(FieldInfo& field) { Codec<T>::describe(field); }
  static void read(const Value& value, std::optional<T>& out, const FieldInfo& field,
                   double to_native, Diagnostics& problems) {
    T inner{};
    const auto before = problems.entries().size();
    Codec<T>::read(value, inner, field, to_native, problems);
    if (problems.entries().size() == before) out = std::move(inner);
  }
  static Value write(const std::optional<T>& maybe, double to_native) {
    return maybe ? Codec<T>::write(*maybe, to_native) : Value();
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static void describe(FieldInfo& field) {
    field.type = FieldInfo::Type::list;
    Codec<T>::describe(field.children.emplace_back());
  }
  static void read(const Value& value, std::vector<T>& out, const FieldInfo& field,
                   double to_native, Diagnostics& problems) {
    const auto* list = value.as<Value::List>();
    if (!list) return detail::wrong_type(value, field, problems);
    FieldInfo element = field.children.front();
    element.key = field.key;
    element.min = field.min;
    element.max = field.max;
    element.options = field.options;
    element.longest_name = field.longest_name;
    std::vector<T> items(list->size());
    for (std::size_t i = 0; i < items.size(); ++i)
      Codec<T>::read((*list)[i], items[i], element, to_native, problems);
    out = std::move(items);
  }
  static Value write(const std::vector<T>& items, double to_native) {
    Value::List list;
    for (const T& item : items) list.push_back(Codec<T>::write(item, to_native));
    return Value(std::move(list));
  }
};

template <std::size_t N>
struct Codec<std::array<double, N>> {
  static void describe(FieldInfo& field) {
    field.type = FieldInfo::Type::list;
    Codec<double>::describe(field.children.emplace_back());
  }
  static void read(const Value& value, std::array<double, N>& out, const FieldInfo& field,
                   double to_native, Diagnostics& problems) {
    std::vector<double> items;
    const auto before = problems.entries().size();
    Codec<std::vector<double>>::read(value, items, field, to_native, problems);
    if (problems.entries().size() != before) return;
    if (items.size() != N)
      return problems.error(value.where, str("'", field.key, "' takes ", N, " numbers (this has ",
                                             items.size(), ")"));
    for (std::size_t i = 0; i < N; ++i) out[i] = items[i];
  }
  static Value write(const std::array<double, N>& items, double to_native) {
    Value::List list;
    for (const double item : items) list.push_back(Value(item / to_native));
    return Value(std::move(list));
  }
};

}  // namespace vitrine

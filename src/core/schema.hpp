#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "vitrine/core/codec.hpp"

namespace vitrine {

/// A type whose parameters are described beside it.
template <class T>
concept HasSchema = requires {
  T::schema().kind();
};

/// The description of a parameter struct: written once, used to read, check, echo, hash, document
/// and generate the JSON Schema of that struct.
template <class Params>
class Schema {
 public:
  Schema(std::string_view kind, std::string_view summary) : kind_(kind), summary_(summary) {}

  /// The default is whatever a default-constructed Params holds.
  template <class F>
  Schema&& optional(std::string_view name, F Params::*member, Unit unit, std::string_view doc) && {
    add(name, member, unit, doc, false);
    return std::move(*this);
  }
  template <class F>
  Schema&& optional(std::string_view name, F Params::*member, std::string_view doc) && {
    return std::move(*this).optional(name, member, unit::none, doc);
  }
  template <class F>
  Schema&& required(std::string_view name, F Params::*member, Unit unit, std::string_view doc) && {
    add(name, member, unit, doc, true);
    return std::move(*this);
  }
  template <class F>
  Schema&& required(std::string_view name, F Params::*member, std::string_view doc) && {
    return std::move(*this).required(name, member, unit::none, doc);
  }
  /// Allowed range of the field just added, in the unit of its key.
  Schema&& between(double min, double max) && {
    fields_.back().info.min = min;
    fields_.back().info.max = max;
    return std::move(*this);
  }
  Schema&& at_least(double min) && {
    fields_.back().info.min = min;
    return std::move(*this);
  }
  /// The words allowed in the field just added.
  Schema&& one_of(const std::vector<std::string>& options) && {
    fields_.back().info.options = options;
    return std::move(*this);
  }
  /// The field just added is a name that becomes part of file names and DICOM attributes.
  Schema&& name_of_at_most(std::size_t characters) && {
    fields_.back().info.longest_name = characters;
    return std::move(*this);
  }
  /// Leave the field just added out of the canonical form while it holds its default: what does not
  /// use it keeps its fingerprint and its random numbers.
  Schema&& unless_default() && {
    fields_.back().unwritten = to_json(fields_.back().write(Params{}));
    return std::move(*this);
  }
  /// A rule over several fields; the text says what must hold and why.
  Schema&& rule(std::string_view must_hold, std::function<bool(const Params&)> test) && {
    rules_.push_back({std::string(must_hold), std::move(test)});
    return std::move(*this);
  }

  /// A rule that finds the words itself: it is given what was read and where it stands.
  using Check = std::function<void(const Params&, const Value& node, Diagnostics& problems)>;
  Schema&& checked(Check check) && {
    checks_.push_back(std::move(check));
    return std::move(*this);
  }

  /// The parameters in `node`; every problem is reported, and then the result is not to be used.
  Params read(const Value& node, Diagnostics& problems) const {
    Params params{};
    const std::size_t before = problems.entries().size();
    if (!node.empty() && !node.as<Value::Map>()) {
      problems.error(node.where, str(kind_, " must be a map (this is ", name_of_type(node), ")"));
      return params;
    }
    for (const Field& field : fields_) {
      if (const Value* value = node.find(field.info.key)) {
        field.read(*value, params, field.info, problems);
      } else if (field.info.required) {
        problems.error(node.where,
                       str(kind_, ": '", field.info.key, "' is missing (", field.info.doc, ")"));
      }
    }
    reject_unknown_keys(node, problems);
    if (problems.entries().size() == before)
      for (const Rule& rule : rules_)
        if (!rule.test(params)) problems.error(node.where, str(kind_, ": ", rule.must_hold));
    if (problems.entries().size() == before)
      for (const Check& check : checks_) check(params, node, problems);
    return params;
  }

  /// The canonical form of `params`: every field in schema order, defaults included.
  Value write(const Params& params) const {
    Value out(Value::Map{});
    for (const Field& field : fields_)
      if (Value value = field.write(params); !value.empty() && to_be_written(field, value))
        out.set(field.info.key, std::move(value));
    return out;
  }

  const std::string& kind() const { return kind_; }
  const std::string& summary() const { return summary_; }
  std::vector<FieldInfo> fields() const {
    std::vector<FieldInfo> all;
    for (const Field& field : fields_) all.push_back(field.info);
    return all;
  }
  std::vector<std::string> rules() const {
    std::vector<std::string> all;
    for (const Rule& rule : rules_) all.push_back(rule.must_hold);
    return all;
  }

 private:
  struct Field {
    FieldInfo info;
    std::function<void(const Value&, Params&, const FieldInfo&, Diagnostics&)> read;
    std::function<Value(const Params&)> write;
    std::optional<std::string> unwritten;  ///< the value, as JSON, that is left out
  };
  struct Rule {
    std::string must_hold;
    std::function<bool(const Params&)> test;
  };

  template <class F>
  void add(std::string_view name, F Params::*member, Unit unit, std::string_view doc,
           bool required) {
    Field field;
    field.info.key = unit.suffix.empty() ? std::string(name) : str(name, '_', unit.suffix);
    field.info.doc = doc;
    field.info.unit = unit.suffix;
    field.info.required = required;
    Codec<F>::describe(field.info);
    if (!required) {
      const Value initial = Codec<F>::write(Params{}.*member, unit.to_native);
      const auto* text = initial.template as<std::string>();
      field.info.default_text = initial.empty() ? "" : text ? *text : to_json(initial);
    }
    const double to_native = unit.to_native;
    field.read = [member, to_native](const Value& value, Params& params, const FieldInfo& info,
                                     Diagnostics& problems) {
      Codec<F>::read(value, params.*member, info, to_native, problems);
    };
    field.write = [member, to_native](const Params& params) {
      return Codec<F>::write(params.*member, to_native);
    };
    fields_.push_back(std::move(field));
  }

  static bool to_be_written(const Field& field, const Value& value) {
    return !field.unwritten || to_json(value) != *field.unwritten;
  }

  void reject_unknown_keys(const Value& node, Diagnostics& problems) const {
    const auto* map = node.as<Value::Map>();
    if (!map) return;
    std::vector<std::string> known;
    for (const Field& field : fields_) known.push_back(field.info.key);
    for (const auto& member : *map) {
      if (member.key == "kind" || node_has(known, member.key)) continue;
      const Location& where = member.key_where.line > 0 ? member.key_where : member.value.where;
      problems.error(
          where, str(kind_, ": unknown key '", member.key, "'.", suggestion(member.key, known)));
    }
  }
  static bool node_has(const std::vector<std::string>& known, const std::string& key) {
    for (const std::string& name : known)
      if (name == key) return true;
    return false;
  }

  std::string kind_, summary_;
  std::vector<Field> fields_;
  std::vector<Rule> rules_;
  std::vector<Check> checks_;
};

/// A struct with a schema is a block of its own keys.
template <HasSchema T>
struct Codec<T> {
  static void describe(FieldInfo& field) {
    field.type = FieldInfo::Type::block;
    field.children = T::schema().fields();
  }
  static void read(const Value& value, T& out, const FieldInfo&, double, Diagnostics& problems) {
    const auto before = problems.entries().size();
    T params = T::schema().read(value, problems);
    if (problems.entries().size() == before) out = std::move(params);
  }
  static Value write(const T& params, double) { return T::schema().write(params); }
};

}  // namespace vitrine

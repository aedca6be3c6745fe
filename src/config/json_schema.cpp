#include "vitrine/config/json_schema.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/config/detail/field.hpp"

namespace vitrine::config {
namespace {

Value texts(const std::vector<std::string>& words) {
  return Codec<std::vector<std::string>>::write(words, 1.0);
}

Value of_type(const char* type) { return Value().set("type", type); }

Value one_of(Value::List alternatives) { return Value().set("oneOf", std::move(alternatives)); }

/// An object that takes `properties` and nothing else.
Value object(Value properties, const std::vector<std::string>& required) {
  Value schema = of_type("object");
  schema.set("properties", properties.empty() ? Value(Value::Map{}) : std::move(properties));
  if (!required.empty()) schema.set("required", texts(required));
  schema.set("additionalProperties", false);
  return schema;
}

Value list_of(Value items, double at_least, double at_most = 0) {
  Value schema = of_type("array");
  schema.set("items", std::move(items));
  if (at_least > 0) schema.set("minItems", at_least);
  if (at_most > 0) schema.set("maxItems", at_most);
  return schema;
}

Value number(const FieldInfo& field, const char* type = "number") {
  Value schema = of_type(type);
  if (!std::isinf(field.min)) schema.set("minimum", field.min);
  if (!std::isinf(field.max)) schema.set("maximum", field.max);
  return schema;
}

Value word(const FieldInfo& field) {
  Value schema = of_type("string");
  if (!field.options.empty()) schema.set("enum", texts(field.options));
  if (field.longest_name > 0)
    schema.set("pattern", str("^[A-Za-z0-9][A-Za-z0-9_.-]{0,", field.longest_name - 1, "}$"));
  return schema;
}

/// The one-key map {kind: body}.
Value keyed(const char* kind, Value body) {
  return object(Value().set(kind, std::move(body)), {kind});
}

Value distribution(const FieldInfo& field) {
  const Value any = of_type("number");
  const Value spread = of_type("number").set("minimum", 0.0);
  const Value positive = of_type("number").set("exclusiveMinimum", 0.0);
  const Value normal = Value().set("mean", any).set("sd", spread);
  const Value lognormal = Value().set("median", positive).set("log_sd", spread);
  return one_of({number(field), keyed("uniform", list_of(number(field), 2, 2)),
                 keyed("normal", object(normal, {"mean", "sd"})),
                 keyed("lognormal", object(lognormal, {"median", "log_sd"})),
                 keyed("choice", list_of(number(field), 1))});
}

class Writer {
 public:
  Writer(std::span<const CatalogueInfo> catalogues, const std::vector<std::string>& by_file)
      : catalogues_(catalogues), by_file_(by_file) {}

  Value fields(const std::vector<FieldInfo>& all, const std::string& path,
               const std::string* kind = nullptr) {
    Value properties;
    std::vector<std::string> required;
    if (kind) {
      properties.set("kind", Value().set("const", *kind));
      required.push_back("kind");
    }
    for (const FieldInfo& field : all) {
      properties.set(field.key,
                     described(field, path.empty() ? field.key : str(path, '.', field.key)));
      if (field.required) required.push_back(field.key);
    }
    return object(std::move(properties), required);
  }

  /// Definitions of all families that were mentioned, and of those that these mention.
  Value definitions() {
    Value all(Value::Map{});
    for (std::size_t i = 0; i < families_.size(); ++i) {  // grows while it is walked
      const auto found =
          std::find_if(catalogues_.begin(), catalogues_.end(),
                       [&](const CatalogueInfo& c) { return c.family == families_[i]; });
      if (found != catalogues_.end()) {
        define(*found, all);
      } else {
        all.set(families_[i],
                one_of({of_type("string"), of_type("object").set("required", texts({"kind"}))}));
      }
    }
    return all;
  }

 private:
  Value described(const FieldInfo& field, const std::string& path) {
    Value schema = shape(field, path);
    if (!field.doc.empty()) schema.set("description", field.doc);
    if (Value value = detail::default_value(field); !value.empty())
      schema.set("default", std::move(value));
    return schema;
  }

  Value shape(const FieldInfo& field, const std::string& path) {
    switch (field.type) {
      case FieldInfo::Type::number:
        return number(field);
      case FieldInfo::Type::integer:
        return number(field, "integer");
      case FieldInfo::Type::text:
        return word(field);
      case FieldInfo::Type::flag:
        return of_type("boolean");
      case FieldInfo::Type::distribution:
        return distribution(field);
      case FieldInfo::Type::choice:
        return one_of({word(field), keyed("choice", list_of(word(field), 1))});
      case FieldInfo::Type::list:
        return or_file(list_of(shape(detail::element_of(field), path + "[]"), 0), path);
      case FieldInfo::Type::block:
        return or_file(fields(field.children, path), path);
      case FieldInfo::Type::pick:
        return or_file(pick(field), path);
      case FieldInfo::Type::any:
        break;
    }
    return Value(Value::Map{});
  }

  Value or_file(Value inner, const std::string& path) const {
    if (std::find(by_file_.begin(), by_file_.end(), path) == by_file_.end()) return inner;
    return one_of({of_type("string").set("pattern", "\\.ya?ml$"), std::move(inner)});
  }

  Value pick(const FieldInfo& field) {
    if (std::find(families_.begin(), families_.end(), field.family) == families_.end())
      families_.push_back(field.family);
    return Value().set("$ref", str("#/$defs/", field.family));
  }

  void define(const CatalogueInfo& catalogue, Value& all) {
    std::vector<std::string> plain;  // kinds that need no parameters may be written as text
    Value::List alternatives;
    Value entries(Value::Map{});
    for (const auto& entry : catalogue.entries) {
      const std::string name = str(catalogue.family, '.', entry.kind);
      Value schema = fields(entry.fields, name, &entry.kind);
      schema.set("description", entry.summary);
      entries.set(name, std::move(schema));
      alternatives.push_back(Value().set("$ref", str("#/$defs/", name)));
      if (std::none_of(entry.fields.begin(), entry.fields.end(),
                       [](const FieldInfo& f) { return f.required; }))
        plain.push_back(entry.kind);
    }
    if (!plain.empty())
      alternatives.insert(alternatives.begin(), Value().set("enum", texts(plain)));
    all.set(catalogue.family,
            one_of(std::move(alternatives)).set("description", catalogue.summary));
    for (auto& member : std::get<Value::Map>(entries.data))
      all.set(member.key, std::move(member.value));
  }

  std::span<const CatalogueInfo> catalogues_;
  const std::vector<std::string>& by_file_;
  std::vector<std::string> families_;
};

}  // namespace

Value json_schema(const CatalogueInfo::Entry& root, std::span<const CatalogueInfo> catalogues,
                  const std::vector<std::string>& by_file) {
  Writer writer(catalogues, by_file);
  Value schema;
  schema.set("$schema", "https://json-schema.org/draft/2020-12/schema");
  schema.set("title", root.kind);
  schema.set("description", root.summary);
  const Value document = writer.fields(root.fields, {});
  for (const auto& member : *document.as<Value::Map>()) schema.set(member.key, member.value);
  schema.set("$defs", writer.definitions());
  return schema;
}

}  // namespace vitrine::config

#include "vitrine/config/detail/field.hpp"

#include <cmath>

#include "vitrine/config/yaml.hpp"

namespace vitrine::config::detail {

Value default_value(const FieldInfo& field) {
  const std::string& text = field.default_text;
  const bool worded = field.type == FieldInfo::Type::text ||
                      (field.type == FieldInfo::Type::choice && !text.starts_with('{'));
  if (text.empty()) return {};
  if (worded) return Value(text);
  Diagnostics problems;  // a default that YAML cannot spell (not-a-number) is shown as none
  Value value = parse_yaml(text, {}, problems);
  return problems.ok() ? value : Value();
}

FieldInfo element_of(const FieldInfo& list) {
  FieldInfo element = list.children.front();
  element.key = list.key;
  element.min = list.min;
  element.max = list.max;
  if (!list.options.empty()) element.options = list.options;
  return element;
}

std::string allowed_text(const FieldInfo& field) {
  std::string text;
  const FieldInfo* const holder = field.type == FieldInfo::Type::list && field.options.empty()
                                      ? &field.children.front()
                                      : &field;
  for (const std::string& option : holder->options) text += str(text.empty() ? "" : ", ", option);
  if (!text.empty()) return text;
  if (std::isinf(field.min) && std::isinf(field.max)) return {};
  if (std::isinf(field.max)) return str("at least ", to_text(field.min));
  if (std::isinf(field.min)) return str("at most ", to_text(field.max));
  return str(to_text(field.min), " to ", to_text(field.max));
}

}  // namespace vitrine::config::detail

#pragma once
#include <string>

#include "vitrine/core/utf8.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine::detail {

/// What stands where something else is wanted, for messages: "the text 'two'", "2.5", "a list".
inline std::string as_found(const Value& value) {
  if (const auto* text = value.as<std::string>())
    return str("the text '", shortened(*text, 40), "'");
  if (const auto* number = value.as<double>()) return to_text(*number);
  return std::string(name_of_type(value));
}

/// The way out where a number is wanted: a digit with more behind it is most often a quantity with
/// its unit.
inline std::string unit_advice(const Value& value) {
  const auto* text = value.as<std::string>();
  const bool has_unit = text && !text->empty() && text->front() >= '0' && text->front() <= '9';
  return has_unit ? ". Write the number alone: the unit belongs to the key." : "";
}

}  // namespace vitrine::detail

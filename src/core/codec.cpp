#include "vitrine/core/codec.hpp"

#include <algorithm>

#include "vitrine/core/detail/wording.hpp"

namespace vitrine {

std::string type_name(const FieldInfo& field) {
  switch (field.type) {
    case FieldInfo::Type::number:
      return "number";
    case FieldInfo::Type::integer:
      return "whole number";
    case FieldInfo::Type::text:
      return "text";
    case FieldInfo::Type::flag:
      return "true/false";
    case FieldInfo::Type::distribution:
      return "number or distribution";
    case FieldInfo::Type::choice:
      return "text or choice";
    case FieldInfo::Type::list:
      return str("list of ", type_name(field.children.front()));
    case FieldInfo::Type::block:
      return "map";
    case FieldInfo::Type::pick:
      return field.family;
    case FieldInfo::Type::any:
      break;
  }
  return "anything";
}

namespace detail {

bool in_range(double number, const FieldInfo& field, const Location& where, Diagnostics& problems) {
  if (number >= field.min && number <= field.max) return true;
  std::string allowed;
  if (std::isinf(field.max)) {
    allowed = str("at least ", to_text(field.min));
  } else if (std::isinf(field.min)) {
    allowed = str("at most ", to_text(field.max));
  } else if (field.min == field.max) {
    allowed = str("only ", to_text(field.min), " is known");
  } else {
    allowed = str(to_text(field.min), " to ", to_text(field.max));
  }
  problems.error(where,
                 str("'", field.key, "' is ", to_text(number), " (out of range: ", allowed, ")"));
  return false;
}

namespace {

/// Letters and digits of ASCII, and inside also _ - and .
bool is_name(const std::string& word, std::size_t longest) {
  constexpr std::string_view inner = "_-.";
  const auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  };
  return !word.empty() && word.size() <= longest && alphanumeric(word.front()) &&
         std::all_of(word.begin(), word.end(), [&](char c) {
           return alphanumeric(c) || inner.find(c) != std::string_view::npos;
         });
}

}  // namespace

bool is_word(const std::string& word, const FieldInfo& field, const Location& where,
             Diagnostics& problems) {
  if (field.longest_name > 0 && !is_name(word, field.longest_name)) {
    problems.error(where, str("'", field.key, "' is '", word,
                              "' (it becomes part of file names). Use 1 to ", field.longest_name,
                              " letters, digits, '_', '-' and '.', a letter or digit first."));
    return false;
  }
  const auto& known = field.options;
  if (known.empty() || std::find(known.begin(), known.end(), word) != known.end()) return true;
  problems.error(where,
                 str("'", field.key, "' is '", word, "' (unknown).", suggestion(word, known)));
  return false;
}

void wrong_type(const Value& value, const FieldInfo& field, Diagnostics& problems) {
  const bool is_list = field.type == FieldInfo::Type::list;
  problems.error(
      value.where,
      str("'", field.key, "' must be a ", type_name(field), " (this is ", as_found(value), ')',
          is_list ? ". Write a list: [one, another]." : unit_advice(value)));
}

}  // namespace detail

void Codec<double>::read(const Value& value, double& out, const FieldInfo& field, double to_native,
                         Diagnostics& problems) {
  const double* number = value.as<double>();
  if (!number) return detail::wrong_type(value, field, problems);
  if (detail::in_range(*number, field, value.where, problems)) out = *number * to_native;
}

void Codec<std::int64_t>::read(const Value& value, std::int64_t& out, const FieldInfo& field,
                               double, Diagnostics& problems) {
  constexpr double largest = 9007199254740992.0;  // 2^53: above it a double skips integers
  const double* number = value.as<double>();
  if (!number || *number != std::floor(*number) || std::abs(*number) > largest)
    return detail::wrong_type(value, field, problems);
  if (detail::in_range(*number, field, value.where, problems)) out = std::int64_t(*number);
}

void Codec<bool>::read(const Value& value, bool& out, const FieldInfo& field, double,
                       Diagnostics& problems) {
  if (const bool* flag = value.as<bool>()) {
    out = *flag;
  } else {
    detail::wrong_type(value, field, problems);
  }
}

void Codec<std::string>::read(const Value& value, std::string& out, const FieldInfo& field, double,
                              Diagnostics& problems) {
  const auto* text = value.as<std::string>();
  if (!text) return detail::wrong_type(value, field, problems);
  if (detail::is_word(*text, field, value.where, problems)) out = *text;
}

void Codec<Distribution>::read(const Value& value, Distribution& out, const FieldInfo& field,
                               double to_native, Diagnostics& problems) {
  const auto before = problems.entries().size();
  const auto d = Distribution::read(value, to_native, field.key, problems)
                     .truncated(field.min * to_native, field.max * to_native);
  if (problems.entries().size() != before) return;
  if (!detail::in_range(d.lowest() / to_native, field, value.where, problems)) return;
  if (!detail::in_range(d.highest() / to_native, field, value.where, problems)) return;
  if (d.truncated_mass() > 0.05)
    return problems.error(
        value.where, str("'", field.key, "': ", std::round(d.truncated_mass() * 1000.0) / 10.0,
                         " % of this distribution is outside ", to_text(field.min), " to ",
                         to_text(field.max), " (at most 5 % may be cut away). Move or narrow it."));
  // Written as the default is, it is the default, whose own truncation no text tells.
  if (to_json(d.write(to_native)) == to_json(out.write(to_native))) return;
  out = d;
}

void Codec<Choice>::read(const Value& value, Choice& out, const FieldInfo& field, double,
                         Diagnostics& problems) {
  const auto before = problems.entries().size();
  Choice choice;
  const Value* options = value.find("choice");
  const auto* list = options ? options->as<Value::List>() : nullptr;
  if (const auto* word = value.as<std::string>()) {
    if (detail::is_word(*word, field, value.where, problems)) choice.options = {*word};
  } else if (list && !list->empty() && value.as<Value::Map>()->size() == 1) {
    for (const Value& item : *list) {
      const auto* option = item.as<std::string>();
      if (!option) {
        detail::wrong_type(item, field, problems);
      } else if (detail::is_word(*option, field, item.where, problems)) {
        choice.options.push_back(*option);
      }
    }
  } else {
    detail::wrong_type(value, field, problems);
  }
  if (problems.entries().size() == before) out = std::move(choice);
}

Value Codec<Choice>::write(const Choice& choice, double) {
  if (choice.options.size() == 1) return Value(choice.options.front());
  return Value().set("choice", Codec<std::vector<std::string>>::write(choice.options, 1.0));
}

}  // namespace vitrine

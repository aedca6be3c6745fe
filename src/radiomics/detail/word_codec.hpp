#pragma once
#include <algorithm>
#include <string>
#include <string_view>

#include "vitrine/core/codec.hpp"

namespace vitrine::radiomics {

/// A value of an enumeration as YAML spells it.
template <class Enum>
struct Word {
  Enum value;
  std::string_view id;
};

/// An enumeration in YAML: one word of a table whose entries have `value` and `id`.
template <class Enum, const auto& words>
struct WordCodec {
  static void describe(FieldInfo& field) {
    field.type = FieldInfo::Type::text;
    for (const auto& word : words) field.options.emplace_back(word.id);
  }
  static void read(const Value& value, Enum& out, const FieldInfo& field, double to_native,
                   Diagnostics& problems) {
    std::string id;
    Codec<std::string>::read(value, id, field, to_native, problems);
    for (const auto& word : words)
      if (word.id == id) out = word.value;
  }
  static Value write(Enum wanted, double) {
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const auto& entry) { return entry.value == wanted; });
    return Value(std::string(word->id));
  }
};

}  // namespace vitrine::radiomics

#pragma once
#include <algorithm>
#include <string>
#include <vector>

#include "vitrine/core/catalogue.hpp"

/// What the tests of phantoms make their patients from.
namespace vitrine::test {

/// An entry of a catalogue, as a user writes it.
template <class Interface>
Pick<Interface> pick(const Catalogue<Interface>& catalogue, const Value& node) {
  Diagnostics problems;
  auto made = catalogue.make(node, problems);
  problems.throw_if_any();
  return made;
}

/// The kinds of a catalogue that are whole by their defaults: all but those read from files.
template <class Interface>
std::vector<std::string> whole_kinds(const Catalogue<Interface>& catalogue) {
  std::vector<std::string> kinds;
  for (const auto& entry : catalogue.info().entries)
    if (std::none_of(entry.fields.begin(), entry.fields.end(),
                     [](const FieldInfo& field) { return field.required; }))
      kinds.push_back(entry.kind);
  return kinds;
}

/// {kind: NAME}, to which keys may be added.
inline Value kind(const std::string& name) { return Value().set("kind", name); }

}  // namespace vitrine::test

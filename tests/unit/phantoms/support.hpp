#pragma once
#include <string>

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

/// {kind: NAME}, to which keys may be added.
inline Value kind(const std::string& name) { return Value().set("kind", name); }

}  // namespace vitrine::test

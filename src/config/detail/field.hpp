#pragma once
#include <string>

#include "vitrine/core/codec.hpp"

namespace vitrine::config::detail {

/// The default of a field as data; empty if it has none.
Value default_value(const FieldInfo& field);

/// The one element of a list, with the range and options that its list carries for it.
FieldInfo element_of(const FieldInfo& list);

/// "0.5 to 150", "at least 1", "soft, sharp"; "" if everything is allowed.
std::string allowed_text(const FieldInfo& field);

}  // namespace vitrine::config::detail

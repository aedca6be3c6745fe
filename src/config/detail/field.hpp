#pragma once
#include <span>
#include <string>
#include <string_view>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/codec.hpp"

namespace vitrine::config::detail {

/// The default of a field as data; empty if it has none.
Value default_value(const FieldInfo& field);

/// The one element of a list, with the range and options that its list carries for it.
FieldInfo element_of(const FieldInfo& list);

/// "0.5 to 150", "at least 1", "soft, sharp"; "" if everything is allowed.
std::string allowed_text(const FieldInfo& field);

/// `text` in lines of at most `width` characters, all but the first indented.
std::string wrapped(std::string_view text, std::size_t indent, std::size_t width = 96);

/// The default as a user would write it; "" if there is none, or for a block, whose keys have
/// theirs.
std::string default_text(const FieldInfo& field);

/// "number, 0.5 to 150, default 8"
std::string facts(const FieldInfo& field);

/// Everything of a field but its children, for programs.
Value field_json(const FieldInfo& field);

/// The page of one key by its dotted path from the scenario's top, `arms.protocol.pitch`, from a
/// block, `protocol.pitch`, or from a kind, `lobulated.diameter_mm`; "" if the path begins with
/// nothing that has keys. Error (input) with the nearest key if it begins well and then goes
/// astray.
std::string explain_key(std::string_view path, std::span<const CatalogueInfo> catalogues);

/// The same for programs: a list of {key, in, type, doc, ...}; empty where the page would be.
Value::List key_json(std::string_view path, std::span<const CatalogueInfo> catalogues);

}  // namespace vitrine::config::detail

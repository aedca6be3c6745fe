#pragma once
#include <span>
#include <string>
#include <string_view>

#include "vitrine/core/catalogue.hpp"

namespace vitrine::config {

/// The family whose entries are parts of a scenario file: they are no choice, so they are named
/// without their family and their examples have no `kind:`.
inline constexpr std::string_view block_family = "block";

/// The page of one name for a terminal: `lesion_shape.lobulated`, `lobulated`, a whole family,
/// `lesion_shape`, or one key, `arms.protocol.pitch`, `lobulated.diameter_mm`. Error (input) with
/// the nearest names if there is no such name, or with the full names if several entries have it.
std::string explain_name(std::string_view name, std::span<const CatalogueInfo> catalogues);

/// The same for programs: {kind, family, summary, fields, rules}, a family as `list_json` has it,
/// or for a key a list of {key, in, type, doc, ...}, one for each thing that has it.
Value explain_json(std::string_view name, std::span<const CatalogueInfo> catalogues);

/// All families and their entries, one line each; one family if `family` is not empty.
std::string list_text(std::span<const CatalogueInfo> catalogues, std::string_view family = {});

/// The same for programs: families, entries, fields, rules.
Value list_json(std::span<const CatalogueInfo> catalogues, std::string_view family = {});

/// The reference page of everything, in Markdown.
std::string catalogue_markdown(std::span<const CatalogueInfo> catalogues);

/// An entry as YAML: every key with its default, what must be given as a word in capitals.
std::string example_yaml(const CatalogueInfo& catalogue, const CatalogueInfo::Entry& entry);

}  // namespace vitrine::config

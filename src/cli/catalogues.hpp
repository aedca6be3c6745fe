#pragma once
#include <vector>

#include "vitrine/core/catalogue.hpp"

namespace vitrine::cli {

/// A struct of a file that users write, documented like a catalogue of one.
template <class Block>
CatalogueInfo::Entry entry_of() {
  const auto& schema = Block::schema();
  return {schema.kind(), schema.summary(), schema.fields(), schema.rules()};
}

/// Everything that can be chosen by `kind:`, for list, explain, schema and the reference page.
std::vector<CatalogueInfo> all_catalogues();

/// JSON Schema of scenario files.
Value scenario_schema();

}  // namespace vitrine::cli

#pragma once
#include <span>
#include <string>
#include <vector>

#include "vitrine/core/catalogue.hpp"

namespace vitrine::config {

/// The JSON Schema (draft 2020-12) of a document whose fields are those of `root`: editors complete
/// and check scenario files with it.
///
/// Catalogues that a field picks from become `$defs/<family>` and `$defs/<family>.<kind>`. The
/// blocks and lists at the dotted keys in `by_file` (`arms.protocol`, `anatomy.label_map.labels`,
/// `arms.scanners[]` for the elements of a list) may also be the name of a YAML file.
/// Cross-field rules and truncated mass are beyond JSON Schema; `vitrine validate` checks them too.
Value json_schema(const CatalogueInfo::Entry& root, std::span<const CatalogueInfo> catalogues,
                  const std::vector<std::string>& by_file = {});

}  // namespace vitrine::config

#pragma once
#include <vector>

#include "vitrine/core/catalogue.hpp"

namespace vitrine::cli {

/// Everything that can be chosen by `kind:`, for list, explain, schema and the reference page.
std::vector<CatalogueInfo> all_catalogues();

}  // namespace vitrine::cli

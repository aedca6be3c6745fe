#pragma once
#include <string>

namespace vitrine::cli {

/// docs/reference/features.md: every feature with its IBSI code, unit and formula, and every
/// aggregation, from the tables that compute them.
std::string feature_reference();

}  // namespace vitrine::cli

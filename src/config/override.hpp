#pragma once
#include <string_view>

#include "vitrine/core/value.hpp"

namespace vitrine::config {

/// Put one `--set` into a tree that the schema checks later: `patients.count=3`,
/// `patients.lesions[0].shape.kind=round`, `arms.vary.kernel=[soft, sharp]`.
///
/// The value is read like a value in a file. Maps on the way that are missing are made; a list item
/// must be there. Places read `--set (path)`.
void apply_override(Value& root, std::string_view assignment, Diagnostics& problems);

}  // namespace vitrine::config

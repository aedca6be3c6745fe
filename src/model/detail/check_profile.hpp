#pragma once
#include "vitrine/model/scanner.hpp"

namespace vitrine::detail {

/// Report where a scanner's hardware is not what its own profile says: a fan or a bowtie that does
/// not cover the scan field, rows that do not make the collimation, focal spots and kernels that
/// are none, and provenance of numbers that are not there or lie outside of their range.
void check_profile(const Scanner& scanner, const Value& node, Diagnostics& problems);

/// What stands at `a.b[0].c` of a node, or null.
const Value* find(const Value& root, std::string_view path);

}  // namespace vitrine::detail

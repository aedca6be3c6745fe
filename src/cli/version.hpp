#pragma once
#include <string>
#include <vector>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/value.hpp"

namespace vitrine::cli {

/// `vitrine 0.1.0` and the versions of what it is built from, one a line.
std::string version_text();

/// What decides the bits of a result: `vitrine`, `physics` (its model version), `compiler`.
Value program_versions();

/// The shared libraries that this process runs with, by the names of their files, which end in
/// their versions; sorted.
std::vector<std::string> loaded_libraries();

/// The level that VITRINE_ISA asks for, or the best this processor has.
Isa chosen_isa();

}  // namespace vitrine::cli

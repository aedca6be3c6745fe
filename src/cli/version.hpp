#pragma once
#include <string>

#include "vitrine/core/isa.hpp"

namespace vitrine::cli {

/// `vitrine 0.1.0` and the versions of what it is built from, one a line.
std::string version_text();

/// The level that VITRINE_ISA asks for, or the best this processor has.
Isa chosen_isa();

}  // namespace vitrine::cli

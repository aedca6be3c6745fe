#pragma once
#include "vitrine/core/value.hpp"

namespace vitrine::trial {
struct Scenario;
}

namespace vitrine::trial::detail {

/// What a context of use asks for must be measured, repeated and analysed.
void check_context_of_use(const Scenario& scenario, const Value& node, Diagnostics& problems);

}  // namespace vitrine::trial::detail

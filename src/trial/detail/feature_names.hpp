#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/core/value.hpp"
#include "vitrine/evaluation/stability.hpp"

namespace vitrine::trial::detail {

/// Whether a feature or its family is among `names`; every one is if there are none.
bool is_wanted(const evaluation::Feature& feature, std::span<const std::string> names);

/// Reports what is no family or feature, where it stands in `block`'s list `features`.
void check_feature_names(std::span<const std::string> names, const Value& block,
                         Diagnostics& problems);

/// The same, and what is none of `measured`, nor a family or a feature of one of these; `so`: what
/// follows from that, after "is not measured".
void check_measured(std::span<const std::string> names, std::span<const std::string> measured,
                    std::string_view so, const Value& block, Diagnostics& problems);

}  // namespace vitrine::trial::detail

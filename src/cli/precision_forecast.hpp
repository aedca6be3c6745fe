#pragma once
#include "vitrine/core/value.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::cli {

/// The part of `vitrine plan` that says how wide intervals will be; nothing without lesions.
void show_expected_precision(const trial::Plan& plan);
/// The same for `--json`; an empty value without lesions.
Value expected_precision_json(const trial::Plan& plan);

}  // namespace vitrine::cli

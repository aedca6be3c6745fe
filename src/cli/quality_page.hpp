#pragma once
#include "vitrine/report/page.hpp"
#include "vitrine/trial/plan.hpp"

namespace vitrine::cli {

/// What the report says about image quality: tables and figures of the first case that has any.
/// `numbers` and `curves` are those of trial::QualityTables; without rows there is nothing to say.
report::Quality quality_page(const trial::Plan& plan, const Table& numbers, const Table& curves);

}  // namespace vitrine::cli

#pragma once
#include <span>
#include <string>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/analysis.hpp"

namespace vitrine::cli {

/// Makes tables, results.h5 and, if the scenario wants one, the report of a trial, in that order,
/// and hands each to `take`, which need not keep it; figures are read from `dir`. The same cases
/// give the same bytes. `unfinished` says what is missing of the trial (report::Page).
void make_result_files(const io::Path& dir, const trial::Plan& plan,
                       const trial::TrialResult& result, Isa isa, const std::string& unfinished,
                       FunctionRef<void(const std::string& name, std::span<const std::byte>)> take);

}  // namespace vitrine::cli

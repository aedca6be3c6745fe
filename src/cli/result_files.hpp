#pragma once
#include <span>
#include <string>

#include "vitrine/core/isa.hpp"
#include "vitrine/core/parallel.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/trial/analysis.hpp"

namespace vitrine::cli {

/// A file's content: calls back with one piece after the other.
using Pieces = FunctionRef<void(FunctionRef<void(std::span<const std::byte>)>)>;

/// Makes tables, results.h5 and, if the scenario wants one, the report of a trial, in that order,
/// and hands each to `take`, which says what it took; figures are read from `dir`, and what is too
/// long for memory lies in a nameless file below `scratch`. The same cases give the same bytes.
/// `unfinished` says what is missing of the trial (report::Page).
void make_result_files(const io::Path& dir, const io::Path& scratch, const trial::Plan& plan,
                       const trial::TrialResult& result, Isa isa, const std::string& unfinished,
                       FunctionRef<trial::FileRecord(const std::string& name, Pieces)> take);

}  // namespace vitrine::cli

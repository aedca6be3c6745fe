#pragma once
#include "vitrine/cli/publish.hpp"
#include "vitrine/report/page.hpp"

namespace vitrine::cli {

/// The report of a trial: its answer, its figures (read back from `dir`) and its limits.
report::Page report_page(const io::Path& dir, const trial::Plan& plan,
                         const trial::TrialResult& result, const trial::Analysis& analysis,
                         const std::vector<trial::FileRecord>& tables, Isa isa);

}  // namespace vitrine::cli

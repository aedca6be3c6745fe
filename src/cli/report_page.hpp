#pragma once
#include "vitrine/cli/publish.hpp"
#include "vitrine/report/page.hpp"

namespace vitrine::cli {

/// The rows of all cases that a report shows.
struct ShownTables {
  Table images, lesions, visits, contrast, quality, quality_curves, masks;
};

/// The report of a trial: its answer, its figures (read back from `dir`) and its limits. The list
/// of files is left empty.
report::Page report_page(const io::Path& dir, const trial::Plan& plan,
                         const trial::TrialResult& result, const ShownTables& tables,
                         const trial::Analysis& analysis, Isa isa);

}  // namespace vitrine::cli

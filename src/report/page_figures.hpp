#pragma once
#include "vitrine/report/bar_charts.hpp"
#include "vitrine/report/page.hpp"

namespace vitrine::report {

/// A chart of the page as a file for a paper.
struct FigureFile {
  std::string name;  ///< `stability.svg`
  std::string svg;
};

/// The areas of a ladder's rungs with their intervals.
IntervalChart signal_chart(const evaluation::SignalLadder& ladder);

/// The page's charts, in its order: stability, factors, variance, the known signal and those of the
/// image quality. Those that have nothing to show are left out.
std::vector<FigureFile> figure_files(const Page& page);

}  // namespace vitrine::report

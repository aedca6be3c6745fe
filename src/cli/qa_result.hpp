#pragma once
#include <string>
#include <vector>

#include "vitrine/core/table.hpp"
#include "vitrine/report/line_chart.hpp"

namespace vitrine::cli {

/// A number that a measure found.
struct QaNumber {
  std::string name, unit;
  double value = 0.0;
  int digits = 3;  ///< significant ones that are shown; files have them all
};

/// What one measure of image quality says.
struct QaResult {
  std::string measure;             ///< what was measured
  std::vector<QaNumber> numbers;   ///< in the order they are shown
  Table table;                     ///< a curve, or one row per region
  std::size_t shown_rows = 0;      ///< of the table on the terminal, evenly picked; 0: none
  std::vector<std::string> notes;  ///< what a reader must know
  report::LineChart chart;         ///< no lines: there is none
};

/// Where a result goes beside the terminal; empty: nowhere.
struct QaOutputs {
  std::string csv, json, figure;
};

/// Print a result, and write the files.
void show(const QaResult& result, const QaOutputs& outputs);

}  // namespace vitrine::cli

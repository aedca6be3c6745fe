#pragma once
#include <string>
#include <utility>
#include <vector>

#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::report {

/// Charts with one row a feature, as standalone SVG documents; the plot is 500 pixels wide. The
/// same chart gives the same bytes; names are escaped.

/// Values with their intervals from `low` to 1, lines at `limits`.
struct IntervalChart {
  std::string title;
  double low = 0.0;
  std::vector<double> limits;
  std::vector<std::pair<std::string, evaluation::Estimate>> rows;
};
std::string svg(const IntervalChart& chart);
/// The same as an element of a page.
std::string svg_element(const IntervalChart& chart);

/// Shares of a whole, each part a colour; NaN: that part is left out.
struct ShareChart {
  std::string title;
  std::vector<std::string> parts;
  std::vector<std::pair<std::string, std::vector<double>>> rows;
};
std::string svg(const ShareChart& chart);

/// Cells coloured by sign and size, full colour at `range`; NaN: grey.
struct HeatMap {
  std::string title;
  double range = 1.0;
  std::vector<std::string> columns;
  std::vector<std::pair<std::string, std::vector<double>>> rows;
};
std::string svg(const HeatMap& chart);

}  // namespace vitrine::report

#pragma once
#include <string>
#include <vector>

namespace vitrine::report {

/// A curve; points that are not finite break it, and a curve of one point is a ring.
struct Line {
  std::string name;  ///< in the legend, which is drawn for two lines and more
  std::vector<double> x, y;
};

/// Curves over one axis.
struct LineChart {
  std::string title, x_label, y_label;  ///< plain text; the chart escapes it
  std::vector<Line> lines;
  bool from_zero = true;  ///< the y axis shows 0
};

/// The chart as a standalone SVG document of 640 x 400 pixels, higher where a legend of more than
/// four lines or of long names stands below it. The same chart gives the same bytes.
std::string svg(const LineChart& chart);
/// The same as an element of a page.
std::string svg_element(const LineChart& chart);

}  // namespace vitrine::report

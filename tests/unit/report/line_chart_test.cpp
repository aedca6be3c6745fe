#include <catch2/catch.hpp>
#include <cmath>

#include "vitrine/report/line_chart.hpp"

using namespace vitrine::report;

TEST_CASE("a chart escapes its text, draws a path a line and breaks it where a point is missing") {
  LineChart chart{"a < b", "f / (1/mm)", "MTF", {{"one", {0, 1, 2}, {1.0, std::nan(""), 0.5}}}};
  const std::string one = svg(chart);
  CHECK(one.find("a &lt; b") != std::string::npos);
  CHECK(one.find("a < b") == std::string::npos);
  // Two pieces, each begun with a move.
  const std::size_t path = one.find("<path d=\"M");
  REQUIRE(path != std::string::npos);
  CHECK(one.find('M', path + 11) < one.find('"', path + 10));
  CHECK(one.find(">one<") == std::string::npos);  // no legend for one line
  chart.lines.push_back({"two", {0, 2}, {0.1, 0.2}});
  CHECK(svg(chart).find(">two<") != std::string::npos);
  CHECK(svg(chart) == svg(chart));
  CHECK_NOTHROW(svg({}));
}

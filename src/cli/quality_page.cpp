#include "vitrine/cli/quality_page.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace vitrine::cli {
namespace {

const std::string& text(const Table& table, const std::vector<Table::Cell>& row,
                        const char* column) {
  return std::get<std::string>(row[table.column(column)]);
}

/// The rows of one case.
Table of_case(const Table& all, const std::string& id) {
  Table some{all.columns, {}};
  for (const auto& row : all.rows)
    if (text(all, row, "case") == id) some.rows.push_back(row);
  return some;
}

/// Value of a quantity in an arm; nothing if there is no such row, NaN if it could not be measured.
std::optional<double> value_of(const Table& numbers, const std::string& arm, const char* measure,
                               const std::string& target, const char* quantity) {
  for (const auto& row : numbers.rows)
    if (text(numbers, row, "arm") == arm && text(numbers, row, "measure") == measure &&
        text(numbers, row, "target") == target && text(numbers, row, "quantity") == quantity)
      return std::get<double>(row[numbers.column("value")]);
  return {};
}

/// Different targets of a measure, in the order in which they come.
std::vector<std::string> targets_of(const Table& numbers, const char* measure) {
  std::vector<std::string> found;
  for (const auto& row : numbers.rows)
    if (text(numbers, row, "measure") == measure &&
        std::ranges::find(found, text(numbers, row, "target")) == found.end())
      found.push_back(text(numbers, row, "target"));
  return found;
}

/// What one curve per arm is drawn of: of the targets that most arms have, a wire or a bead, or
/// else the insert of the highest contrast.
std::string drawn_target(const Table& numbers, const trial::Plan& plan, const char* measure,
                         const char* quantity) {
  std::string best;
  std::size_t most = 0;
  double strongest = -1.0;
  for (const std::string& target : targets_of(numbers, measure)) {
    std::size_t arms = 0;
    double contrast = std::numeric_limits<double>::infinity();  // of what is no insert
    for (const trial::Arm& arm : plan.arms) {
      const auto found = value_of(numbers, arm.name, measure, target, quantity);
      arms += found && std::isfinite(*found) ? 1 : 0;
      if (const auto truth = value_of(numbers, arm.name, "ct_number", target, "truth"))
        contrast = std::abs(*truth);
    }
    if (arms > most || (arms == most && contrast > strongest))
      best = target, most = arms, strongest = contrast;
  }
  return best;
}

constexpr std::size_t most_lines = 24;  // what strokes and colours tell apart

report::LineChart chart_of(const Table& curves, const trial::Plan& plan, const char* measure,
                           const std::string& target) {
  report::LineChart chart;
  for (const trial::Arm& arm : plan.arms) {
    if (chart.lines.size() == most_lines) break;
    report::Line line{arm.name, {}, {}};
    for (const auto& row : curves.rows)
      if (text(curves, row, "arm") == arm.name && text(curves, row, "measure") == measure &&
          text(curves, row, "target") == target) {
        line.x.push_back(std::get<double>(row[curves.column("x")]));
        line.y.push_back(std::get<double>(row[curves.column("y")]));
      }
    if (!line.x.empty()) chart.lines.push_back(std::move(line));
  }
  return chart;
}

/// Beyond the last frequency of interest there is nothing to see.
void cut(report::LineChart& chart, double last) {
  for (report::Line& line : chart.lines)
    while (!line.x.empty() && line.x.back() > last) line.x.pop_back(), line.y.pop_back();
}

std::string caption(const std::string& what, const report::LineChart& chart, std::size_t arms) {
  return chart.lines.size() < most_lines || arms <= most_lines
             ? what
             : str(what, " The first ", most_lines, " of ", arms, " arms.");
}

std::optional<report::Quality::Figure> mtf_figure(const Table& numbers, const Table& curves,
                                                  const trial::Plan& plan) {
  const std::string target = drawn_target(numbers, plan, "mtf", "mtf50");
  report::LineChart chart = chart_of(curves, plan, "mtf", target);
  if (target.empty() || chart.lines.empty()) return {};
  double highest = 0.0;
  for (const trial::Arm& arm : plan.arms)
    for (const char* level : {"mtf10", "mtf50"})
      if (const auto f = value_of(numbers, arm.name, "mtf", target, level); f && *f > highest)
        highest = *f;
  if (highest > 0.0) cut(chart, 1.5 * highest);
  chart.title = "Modulation transfer function";
  chart.x_label = "frequency / (1/mm)";
  chart.y_label = "MTF";
  return report::Quality::Figure{
      chart,
      caption(str("How much contrast of a pattern is left, over how fine it is: a frequency of "
                  "0.5 per mm is bars of 1 mm with gaps of 1 mm (5 line pairs per cm). The further "
                  "right a curve falls, the sharper the image; above 1 a kernel enhances edges. "
                  "Measured at: ",
                  target, "."),
              chart, plan.arms.size())};
}

std::optional<report::Quality::Figure> nps_figure(const Table& curves, const trial::Plan& plan) {
  report::LineChart chart = chart_of(curves, plan, "nps", "uniform");
  if (chart.lines.empty()) return {};
  chart.title = "Noise power spectrum";
  chart.x_label = "frequency / (1/mm)";
  chart.y_label = "NPS / (HU^2 mm^2)";
  return report::Quality::Figure{
      chart, caption("How the noise is spread over coarse (left) and fine (right) grain; radial "
                     "mean. The volume under it, over the plane of frequencies, is the variance: a "
                     "lower dose lifts a curve and keeps its shape, a kernel changes the shape.",
                     chart, plan.arms.size())};
}

std::optional<report::Quality::Figure> ssp_figure(const Table& numbers, const Table& curves,
                                                  const trial::Plan& plan) {
  const std::string target = drawn_target(numbers, plan, "ssp", "fwhm");
  report::LineChart chart = chart_of(curves, plan, "ssp", target);
  if (target.empty() || chart.lines.empty()) return {};
  chart.title = "Slice sensitivity profile";
  chart.x_label = "distance from the slice's middle / mm";
  chart.y_label = "relative sensitivity";
  return report::Quality::Figure{
      chart, caption(str("How much a slice sees of what lies above and below its middle. Its width "
                         "at one half is the slice's thickness as it is. Measured at: ",
                         target, "."),
                     chart, plan.arms.size())};
}

double to_decimals(double value, double scale) { return std::round(value * scale) / scale; }

/// Columns that no arm has anything in are left out.
void drop_empty(Table& table) {
  for (std::size_t c = table.columns.size(); c-- > 1;) {
    const bool empty = std::ranges::all_of(
        table.rows, [&](const auto& row) { return std::holds_alternative<std::string>(row[c]); });
    if (!empty) continue;
    table.columns.erase(table.columns.begin() + std::ptrdiff_t(c));
    for (auto& row : table.rows) row.erase(row.begin() + std::ptrdiff_t(c));
  }
}

Table arm_rows(const Table& numbers, const trial::Plan& plan) {
  const std::string edge = drawn_target(numbers, plan, "mtf", "mtf50");
  const std::string bead = drawn_target(numbers, plan, "ssp", "fwhm");
  struct Column {
    std::string title;
    const char* measure;
    std::string target;
    const char* quantity;
    double scale;  // 10 to the number of decimals
  };
  const Column wanted[] = {{"MTF 50 % (1/mm)", "mtf", edge, "mtf50", 1000},
                           {"MTF 10 % (1/mm)", "mtf", edge, "mtf10", 1000},
                           {"noise (HU)", "nps", "uniform", "noise", 100},
                           {"NPS peak (1/mm)", "nps", "uniform", "peak_frequency", 1000},
                           {"NPS mean (1/mm)", "nps", "uniform", "mean_frequency", 1000},
                           {"middle (HU)", "uniformity", "uniform", "middle", 100},
                           {"uniformity (HU)", "uniformity", "uniform", "largest_difference", 100},
                           {"slice FWHM (mm)", "ssp", bead, "fwhm", 100},
                           {"slice FWTM (mm)", "ssp", bead, "fwtm", 100}};
  Table table;
  table.columns = {"arm"};
  for (const Column& column : wanted) table.columns.push_back(column.title);
  for (const trial::Arm& arm : plan.arms) {
    std::vector<Table::Cell> row{arm.name};
    for (const Column& column : wanted) {
      const auto value =
          value_of(numbers, arm.name, column.measure, column.target, column.quantity);
      if (value && std::isfinite(*value))
        row.emplace_back(to_decimals(*value, column.scale));
      else
        row.emplace_back("");
    }
    table.add(std::move(row));
  }
  drop_empty(table);
  return table;
}

Table insert_rows(const Table& numbers, const trial::Plan& plan) {
  Table table;
  const auto targets = targets_of(numbers, "ct_number");
  if (targets.empty()) return table;
  table.columns = {"arm"};
  table.columns.insert(table.columns.end(), targets.begin(), targets.end());
  const auto row_of = [&](const std::string& arm, const char* quantity) {
    std::vector<Table::Cell> row;
    for (const std::string& target : targets) {
      const auto value = value_of(numbers, arm, "ct_number", target, quantity);
      if (value && std::isfinite(*value))
        row.emplace_back(to_decimals(*value, 10.0));
      else
        row.emplace_back("");
    }
    return row;
  };
  const auto add = [&](std::string name, std::vector<Table::Cell> row) {
    row.insert(row.begin(), std::move(name));
    table.add(std::move(row));
  };
  add(str("truth, ", to_text(plan.scenario.measure.truth_energy), " keV"),
      row_of(plan.arms.front().name, "truth"));
  for (const trial::Arm& arm : plan.arms) add(arm.name, row_of(arm.name, "mean"));
  return table;
}

}  // namespace

report::Quality quality_page(const trial::Plan& plan, const Table& numbers, const Table& curves) {
  report::Quality quality;
  if (numbers.rows.empty()) return quality;
  quality.subject = text(numbers, numbers.rows.front(), "case");
  const Table mine = of_case(numbers, quality.subject), drawn = of_case(curves, quality.subject);
  quality.arms = arm_rows(mine, plan);
  quality.inserts = insert_rows(mine, plan);
  for (auto figure :
       {mtf_figure(mine, drawn, plan), nps_figure(drawn, plan), ssp_figure(mine, drawn, plan)})
    if (figure) quality.figures.push_back(std::move(*figure));
  return quality;
}

}  // namespace vitrine::cli

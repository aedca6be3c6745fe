#include "vitrine/report/page_figures.hpp"

#include <algorithm>

#include "vitrine/report/bar_charts.hpp"

namespace vitrine::report {
namespace {

/// A title as a file's name: `Noise power spectrum` is `noise_power_spectrum`.
std::string file_name(const std::string& title) {
  std::string name;
  for (const char c : title) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    name += !letter ? '_' : c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c;
  }
  return name + ".svg";
}

IntervalChart agreement(const Page& page) {
  IntervalChart chart{"ICC(A,1) over the arms, 95 % intervals", 0.0, {0.75, 0.9}, {}};
  for (const auto& row : page.stability) chart.rows.emplace_back(row.feature.id, row.icc);
  std::ranges::stable_sort(chart.rows, [](const auto& a, const auto& b) {
    const auto key = [](const evaluation::Estimate& e) {
      return e.has_interval() ? e.low : e.has_value() ? e.value - 2.0 : -9.0;
    };
    return key(a.second) > key(b.second);
  });
  return chart;
}

HeatMap arms(const Page& page) {
  HeatMap map{"Bias against T1 in every arm, full colour at 50 %", 0.5, page.arm_names, {}};
  for (const auto& row : page.stability) {
    map.rows.emplace_back(row.feature.id, std::vector<double>());
    for (const auto& arm : row.arm_bias)
      map.rows.back().second.push_back(arm.reference.relative.value);
  }
  return map;
}

HeatMap factors(const Page& page) {
  HeatMap map{"Largest difference between levels, full colour at 50 %", 0.5, {}, {}};
  for (const auto& factor : page.factors) map.columns.push_back(factor.name);
  for (const auto& row : page.stability) {
    map.rows.emplace_back(row.feature.id, std::vector<double>());
    for (const auto& factor : page.factors)
      map.rows.back().second.push_back(level_difference(row, factor));
  }
  return map;
}

ShareChart variances(const Page& page) {
  ShareChart chart{"Shares of the variance", {}, {}};
  for (const auto& part : page.variances.front().shares) chart.parts.push_back(part.source);
  for (const auto& feature : page.variances) {
    chart.rows.emplace_back(feature.feature, std::vector<double>());
    for (const auto& part : feature.shares) chart.rows.back().second.push_back(part.share.value);
  }
  return chart;
}

}  // namespace

IntervalChart signal_chart(const evaluation::SignalLadder& ladder) {
  IntervalChart chart{"Area under the ROC curve, 95 % intervals", 0.4, {0.5}, {}};
  for (const evaluation::SignalRung& rung : ladder.rungs) {
    chart.rows.emplace_back(rung.name, rung.area);
    while (rung.area.has_interval() && rung.area.low < chart.low) chart.low -= 0.2;
  }
  return chart;
}

std::vector<FigureFile> figure_files(const Page& page) {
  std::vector<FigureFile> files;
  if (!page.stability.empty()) {
    files.push_back({"stability.svg", svg(agreement(page))});
    if (page.arm_names.size() > 1) files.push_back({"arms.svg", svg(arms(page))});
    if (!page.factors.empty()) files.push_back({"factors.svg", svg(factors(page))});
  }
  if (!page.variances.empty()) files.push_back({"variance.svg", svg(variances(page))});
  if (page.signal && !page.signal->rungs.empty())
    files.push_back({"known_signal.svg", svg(signal_chart(*page.signal))});
  for (const Quality::Figure& figure : page.quality.figures)
    files.push_back({file_name(figure.chart.title), svg(figure.chart)});
  return files;
}

}  // namespace vitrine::report

#include "vitrine/report/line_chart.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/report/detail/html.hpp"
#include "vitrine/report/detail/svg_text.hpp"

namespace vitrine::report {
namespace {

constexpr double width = 640, plot_height = 400, left = 72, right = 16, top = 36, bottom = 52;
constexpr std::size_t hues = 6;  // of part_colour
// The colours come again with other strokes.
constexpr std::array<const char*, 4> dashes = {"", "7 4", "2 3", "9 3 2 3"};

std::string stroke(std::size_t line) {
  const std::size_t round = line / hues % dashes.size();
  return str("fill=\"none\" stroke=\"", part_colour(line), "\" stroke-width=\"1.8\"",
             round > 0 ? str(" stroke-dasharray=\"", dashes[round], "\"") : std::string());
}

/// A range of an axis with its ticks: multiples of 1, 2 or 5 times a power of ten.
struct Axis {
  double low = 0.0, high = 1.0, step = 0.2;
  double share(double v) const { return (v - low) / (high - low); }
};

Axis axis_for(double low, double high) {
  if (!(high > low)) high = low + 1.0;
  constexpr double ticks = 6.0;
  const double rough = (high - low) / ticks;
  const double power = math::pow(10.0, std::floor(math::log10(rough)));
  double step = 10.0 * power;
  for (const double s : {5.0, 2.0, 1.0})
    if (s * power >= rough) step = s * power;
  constexpr double spill = 0.1;  // of a step, that a curve may leave the grid by
  return {std::floor(low / step + spill) * step, std::ceil(high / step - spill) * step, step};
}

std::string tick_text(double v, double step) {
  const int digits = std::max(0, -int(std::floor(math::log10(step) + 1e-9)));
  return fixed(std::abs(v) < 1e-9 * step ? 0.0 : v, digits);
}

/// Few short names stand in the plot, over the lower ends of the curves; others below it.
struct Legend {
  explicit Legend(const LineChart& chart) {
    constexpr std::size_t most = 4, longest_inside = 24, short_name = 34;
    std::size_t longest = 0;
    double starts = 0.0, ends = 0.0;
    for (const Line& line : chart.lines) {
      longest = std::max(longest, line.name.size());
      const auto finite = [](double v) { return std::isfinite(v) ? v : 0.0; };
      if (!line.y.empty()) starts += finite(line.y.front()), ends += finite(line.y.back());
    }
    shown = chart.lines.size() > 1;
    below = shown && (chart.lines.size() > most || longest > longest_inside);
    at_left = ends > starts;
    columns = longest > short_name ? 1 : 2;
    rows = (chart.lines.size() + columns - 1) / columns;
  }
  double extra_height() const { return below ? line_step * double(rows) + 6.0 : 0.0; }

  static constexpr double line_step = 17.0, sample = 26.0;
  bool shown = false, below = false, at_left = false;
  std::size_t columns = 1, rows = 1;
};

std::string entry(const Legend& legend, std::size_t n, const std::string& name) {
  const std::string colour = str(" fill=\"", part_colour(n), "\"");
  if (!legend.below)
    return svg_text(legend.at_left ? left + 8 : width - right - 6,
                    top + 18 + Legend::line_step * double(n), legend.at_left ? "start" : "end",
                    name, colour);
  const std::size_t column = n / legend.rows;
  const double x = 24.0 + double(column) * 0.5 * width;
  const double y = plot_height + 10.0 + Legend::line_step * double(n % legend.rows);
  return str("<path d=\"M", fixed(x, 1), " ", fixed(y - 4.0, 1), "H", fixed(x + Legend::sample, 1),
             "\" ", stroke(n), "/>\n") +
         svg_text(x + Legend::sample + 6.0, y, "start", name);
}

/// `attributes` of the outermost element, beside its size.
std::string drawing(const LineChart& chart, const std::string& attributes) {
  double x_low = 1e300, x_high = -1e300, y_low = chart.from_zero ? 0.0 : 1e300, y_high = -1e300;
  for (const Line& line : chart.lines)
    for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
      if (!std::isfinite(line.x[i]) || !std::isfinite(line.y[i])) continue;
      x_low = std::min(x_low, line.x[i]), x_high = std::max(x_high, line.x[i]);
      y_low = std::min(y_low, line.y[i]), y_high = std::max(y_high, line.y[i]);
    }
  if (x_low > x_high) x_low = 0.0, x_high = 1.0, y_low = 0.0, y_high = 1.0;
  const Axis x = axis_for(x_low, x_high), y = axis_for(y_low, y_high);
  const auto at_x = [&](double v) { return left + (width - left - right) * x.share(v); };
  const auto at_y = [&](double v) {
    return plot_height - bottom - (plot_height - top - bottom) * y.share(v);
  };

  const Legend legend(chart);
  const std::string height = fixed(plot_height + legend.extra_height(), 0);
  std::string out =
      str("<svg ", attributes, " viewBox=\"0 0 640 ", height, "\" width=\"640\" height=\"", height,
          "\" font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"640\" height=\"", height,
          "\" fill=\"#ffffff\"/>\n");
  const auto grid_line = [&](double x1, double y1, double x2, double y2) {
    out += str("<line x1=\"", fixed(x1, 1), "\" y1=\"", fixed(y1, 1), "\" x2=\"", fixed(x2, 1),
               "\" y2=\"", fixed(y2, 1), "\" stroke=\"#dddddd\"/>\n");
  };
  for (double v = x.low; v <= x.high + 1e-6 * x.step; v += x.step) {
    grid_line(at_x(v), top, at_x(v), plot_height - bottom);
    out += svg_text(at_x(v), plot_height - bottom + 18, "middle", tick_text(v, x.step));
  }
  for (double v = y.low; v <= y.high + 1e-6 * y.step; v += y.step) {
    grid_line(left, at_y(v), width - right, at_y(v));
    out += svg_text(left - 6, at_y(v) + 4, "end", tick_text(v, y.step));
  }
  out += svg_text(0.5 * width, 22, "middle", chart.title, " font-weight=\"bold\"");
  out += svg_text(0.5 * (left + width - right), plot_height - 12, "middle", chart.x_label);
  out +=
      svg_text(18, 0.5 * plot_height, "middle", chart.y_label, " transform=\"rotate(-90 18 200)\"");
  for (std::size_t n = 0; n < chart.lines.size(); ++n) {
    const Line& line = chart.lines[n];
    std::string path;
    bool down = false;
    for (std::size_t i = 0; i < std::min(line.x.size(), line.y.size()); ++i) {
      const bool drawn = std::isfinite(line.x[i]) && std::isfinite(line.y[i]);
      if (drawn)
        path += str(down ? "L" : "M", fixed(at_x(line.x[i]), 2), " ", fixed(at_y(line.y[i]), 2));
      down = drawn;
    }
    if (line.x.size() == 1 && !path.empty())
      out += str("<circle cx=\"", fixed(at_x(line.x[0]), 2), "\" cy=\"", fixed(at_y(line.y[0]), 2),
                 "\" r=\"4.5\" ", stroke(n), "/>\n");
    else
      out += str("<path d=\"", path, "\" ", stroke(n), "/>\n");
    if (legend.shown) out += entry(legend, n, line.name);
  }
  return out + "</svg>\n";
}

}  // namespace

std::string svg(const LineChart& chart) {
  return drawing(chart, "xmlns=\"http://www.w3.org/2000/svg\"");
}

std::string svg_element(const LineChart& chart) {
  return drawing(chart, str("role=\"img\" aria-label=\"", escape(chart.title), "\""));
}

}  // namespace vitrine::report

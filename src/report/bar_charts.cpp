#include "vitrine/report/bar_charts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/html.hpp"
#include "vitrine/report/detail/svg_text.hpp"

namespace vitrine::report {
namespace {

constexpr double plot = 500, right = 16, top = 60, row_height = 17;
constexpr const char* ink = "#1c2126";

/// Width of the names left of the plot: DejaVu Sans's letters of this size take 7.2 at most on
/// average.
template <class Rows>
double names_of(const Rows& rows) {
  std::size_t longest = 10;
  for (const auto& row : rows) longest = std::max(longest, row.first.size());
  return 20.0 + 7.2 * double(longest);
}

constexpr const char* document = "xmlns=\"http://www.w3.org/2000/svg\"";

/// `attributes`: of a document, or of an element of a page.
std::string open(const std::string& title, double width, double height,
                 const std::string& attributes = document) {
  const std::string w = fixed(width, 0), h = fixed(height, 0);
  return str("<svg ", attributes, " viewBox=\"0 0 ", w, ' ', h, "\" width=\"", w, "\" height=\"", h,
             "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"", w, "\" height=\"",
             h, "\" fill=\"#ffffff\"/>\n") +
         svg_text(0.5 * width, 22, "middle", title, " font-size=\"14\" font-weight=\"bold\"");
}

std::string box(double x, double y, double w, double h, const std::string& fill) {
  return str("<rect x=\"", fixed(x, 1), "\" y=\"", fixed(y, 1), "\" width=\"",
             fixed(std::max(w, 0.0), 1), "\" height=\"", fixed(h, 1), "\" fill=\"", fill, "\"/>\n");
}

std::string name_of_row(const std::string& name, double names, double y) {
  return svg_text(names - 8, y + 12, "end", name, str(" fill=\"", ink, "\""));
}

std::string drawing(const IntervalChart& chart, const std::string& attributes) {
  const double names = names_of(chart.rows), width = names + plot + right;
  const double height = top + row_height * double(chart.rows.size()) + 12;
  const auto at = [&](double v) {
    const double share = (std::clamp(v, chart.low, 1.0) - chart.low) / (1.0 - chart.low);
    return names + plot * share;
  };
  std::string out = open(chart.title, width, height, attributes);
  for (double tick = chart.low; tick <= 1.0 + 1e-9; tick += 0.25 * (1.0 - chart.low))
    out += svg_text(at(tick), top - 8, "middle", fixed(tick, 2));
  for (const double limit : chart.limits)
    out += str("<path d=\"M", fixed(at(limit), 1), ' ', fixed(top, 1), 'V', fixed(height - 12, 1),
               "\" stroke=\"#999999\" stroke-dasharray=\"4 3\"/>\n");
  double y = top;
  for (const auto& [name, e] : chart.rows) {
    out += name_of_row(name, names, y);
    if (e.has_interval()) out += box(at(e.low), y + 6, at(e.high) - at(e.low), 5, "#7fb0d6");
    if (e.has_value())
      out += str("<circle cx=\"", fixed(at(e.value), 1), "\" cy=\"", fixed(y + 8.5, 1),
                 "\" r=\"3.5\" fill=\"#0b5c8a\"/>\n");
    else
      out += svg_text(names, y + 12, "start", "withheld", " fill=\"#77828c\"");
    y += row_height;
  }
  return out + "</svg>\n";
}

}  // namespace

std::string svg(const IntervalChart& chart) { return drawing(chart, document); }

std::string svg_element(const IntervalChart& chart) {
  return drawing(chart, str("role=\"img\" aria-label=\"", escape(chart.title), "\""));
}

std::string svg(const ShareChart& chart) {
  const double names = names_of(chart.rows), width = names + plot + right;
  const double height = top + row_height * double(chart.rows.size()) + 12;
  std::string out = open(chart.title, width, height);
  double x = names;
  for (std::size_t p = 0; p < chart.parts.size(); ++p) {
    out += box(x, 36, 11, 11, part_colour(p));
    out += svg_text(x + 15, 46, "start", chart.parts[p]);
    x += 32.0 + 7.0 * double(chart.parts[p].size());
  }
  double y = top;
  for (const auto& [name, shares] : chart.rows) {
    out += name_of_row(name, names, y);
    double start = names;
    for (std::size_t p = 0; p < shares.size(); ++p) {
      if (std::isnan(shares[p])) continue;
      const double w = plot * shares[p];
      out += box(start, y + 2, w, row_height - 4, part_colour(p));
      start += w;
    }
    if (start == names) out += svg_text(names, y + 12, "start", "withheld", " fill=\"#77828c\"");
    y += row_height;
  }
  return out + "</svg>\n";
}

std::string svg(const HeatMap& chart) {
  const double step = plot / std::max(1.0, double(chart.columns.size()));
  std::size_t longest = 0;
  for (const std::string& column : chart.columns) longest = std::max(longest, column.size());
  // Titles at 50 degrees: what they take up and to the right, in fonts as wide as DejaVu Sans.
  const double head = 40.0 + 5.9 * double(longest), overhang = 4.9 * double(longest);
  const double names = names_of(chart.rows);
  const double width = names + plot + std::max(right, overhang - 0.5 * step);
  const double height = head + row_height * double(chart.rows.size()) + 12;
  std::string out = open(chart.title, width, height);
  for (std::size_t c = 0; c < chart.columns.size(); ++c) {
    const std::string x = fixed(names + step * (double(c) + 0.5), 1), y = fixed(head - 6, 1);
    out += svg_text(names + step * (double(c) + 0.5), head - 6, "start", chart.columns[c],
                    str(" transform=\"rotate(-50 ", x, ' ', y, ")\""));
  }
  double y = head;
  for (const auto& [name, cells] : chart.rows) {
    out += name_of_row(name, names, y);
    for (std::size_t c = 0; c < cells.size(); ++c) {
      std::string fill = "#e8e8e8";
      if (!std::isnan(cells[c])) {
        // From white to blue (below zero) or orange.
        const double s = std::min(std::abs(cells[c]) / chart.range, 1.0);
        const std::array<double, 3> full =
            cells[c] < 0.0 ? std::array{47.0, 127.0, 193.0} : std::array{217.0, 112.0, 26.0};
        std::array<char, 8> text{};
        const auto channel = [&](std::size_t i) {
          return unsigned(std::floor(255.0 + s * (full[i] - 255.0) + 0.5));
        };
        std::snprintf(text.data(), text.size(), "#%02x%02x%02x", channel(0), channel(1),
                      channel(2));
        fill = text.data();
      }
      out += box(names + step * double(c), y + 1, step - 1, row_height - 2, fill);
    }
    y += row_height;
  }
  return out + "</svg>\n";
}

}  // namespace vitrine::report

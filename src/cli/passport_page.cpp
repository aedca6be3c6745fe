#include "vitrine/cli/passport_page.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <filesystem>

#include "vitrine/core/value.hpp"
#include "vitrine/io/file.hpp"
#include "vitrine/report/line_chart.hpp"

namespace vitrine::cli {
namespace {

using trial::PassportCurve;
using trial::PassportRow;

std::string shown(double x) {
  if (std::isnan(x)) return "-";
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.4g", x);
  return text.data();
}

/// Text in a cell of a Markdown table.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text)
    out += c == '|' ? std::string("\\|") : c == '\n' ? " " : std::string(1, c);
  return out;
}

struct Figure {
  const char *measure, *title, *x, *y;
};
constexpr Figure figures[] = {
    {"mtf", "MTF", "spatial frequency [1/mm]", "MTF"},
    {"nps", "Noise power of 20 cm of water, 200 mAs", "spatial frequency [1/mm]",
     "noise power [HU² mm²]"},
    {"noise", "Noise against tube load", "tube load [mAs]", "noise [HU]"},
    {"ssp", "Slice sensitivity", "distance from the slice [mm]", "sensitivity"},
};

report::LineChart chart_of(const PassportPage& page, const Figure& figure) {
  report::LineChart chart{figure.title, figure.x, figure.y, {}};
  for (const PassportCurve& curve : page.passport.curves)
    if (curve.measure == figure.measure) chart.lines.push_back({curve.target, curve.x, curve.y});
  return chart;
}

std::string about(const Scanner& scanner) {
  if (!scanner.profile) return "This scanner has no profile.\n";
  const Profile& p = *scanner.profile;
  const Console& c = p.console;
  const auto list = [](const std::vector<double>& numbers) {
    std::string text;
    for (const double x : numbers) text += (text.empty() ? "" : ", ") + to_text(x);
    return text;
  };
  std::string spots;
  for (const FocalSpot& spot : c.focal_spots)
    spots += str(spots.empty() ? "" : ", ", to_text(spot.width), " x ", to_text(spot.length));
  return str("Like ", p.modelled_on, " (", p.vendor, ", ", p.year,
             "), made from published facts and, where there are none, guesses within stated "
             "ranges. It is not that product and none of its maker's data.\n\n| | |\n|---|---|\n",
             "| rows x columns | ", scanner.rows, " x ", scanner.columns, ", ",
             to_text(c.collimation), " mm at the isocentre |\n| distances, mm | ",
             to_text(scanner.source_to_iso), " to the isocentre, ",
             to_text(scanner.source_to_detector), " to the detector |\n", "| scan field, mm | ",
             to_text(c.scan_field), " |\n| tube voltages, kV | ", list(c.tube_voltages),
             " |\n| tube current, mA | ", to_text(c.lowest_tube_current), " to ",
             to_text(c.highest_tube_current), " |\n| rotation times, s | ", list(c.rotation_times),
             " |\n| focal spots, mm | ", spots, " |\n");
}

std::string kernels(const Scanner& scanner) {
  if (!scanner.profile || scanner.profile->kernels.empty()) return {};
  std::string text =
      "\n## Kernels\n\n| name | like | MTF 50 %, 1/mm | MTF 10 %, 1/mm |\n|---|---|---|---|\n";
  for (const OwnKernel& k : scanner.profile->kernels)
    text += str("| ", k.name, " | ", cell(k.like), " | ", shown(k.mtf50), " | ", shown(k.mtf10),
                " |\n");
  return text;
}

std::string provenance(const PassportPage& page) {
  std::string text = "\n## Where its numbers come from\n\n";
  if (page.scanner.profile) {
    text += "| numbers | uncertain within | source, or reason |\n|---|---|---|\n";
    for (const Provenance& p : page.scanner.profile->provenance) {
      std::string keys, range;
      for (const std::string& key : p.keys) keys += str(keys.empty() ? "" : ", ", '`', key, '`');
      if (p.uncertain) {
        const auto& r = p.range.empty() ? p.range_percent : p.range;
        range = str(to_text(r[0]), " to ", to_text(r[1]), p.range.empty() ? " %" : "");
      }
      text += str("| ", keys, " | ", range, " | ", cell(p.source), " |\n");
    }
  }
  if (page.without_source.empty()) return text + "\nEvery number of the file is in this table.\n";
  text += "\nNothing is said of:";
  for (const std::string& key : page.without_source) text += str(" `", key, '`');
  return text + "\n";
}

}  // namespace

std::string verdict(const PassportRow& row) {
  return !row.judged() ? "" : row.passed() ? "in range" : "OUT OF RANGE";
}

void write_page(const PassportPage& page, const std::string& file) {
  const std::filesystem::path path(file);
  const std::string stem = path.stem().string();
  const auto& rows = page.passport.rows;
  std::string text = str("# ", page.scanner.name, "\n\n", about(page.scanner), "\n## Passport\n\n",
                         page.passport.passed() ? "All that is compared is in range"
                                                : "Not all that is compared is in range",
                         " (`vitrine qa --scanner`, ", page.quality,
                         " quality).\n\n| measure | of | value | unit | range | from | |\n",
                         "|---|---|---|---|---|---|---|\n");
  for (const PassportRow& row : rows)
    text += str(
        "| ", row.measure, " | ", cell(row.target), " | ", shown(row.value), " | ", row.unit, " | ",
        row.judged() ? str(row.low ? shown(*row.low) : "", " to ", row.high ? shown(*row.high) : "")
                     : "",
        " | ", cell(row.limits), " | ", verdict(row), " |\n");
  for (const Figure& figure : figures) {
    const report::LineChart chart = chart_of(page, figure);
    if (chart.lines.empty()) continue;
    const std::string name = str(stem, '_', figure.measure, ".svg");
    io::write_file(path.parent_path() / name, report::svg(chart));
    text += str("\n![", figure.title, "](", name, ")\n");
  }
  io::write_file(path, text + kernels(page.scanner) + provenance(page));
}

std::string to_json(const PassportPage& page) {
  const auto numbers = [](const std::vector<double>& all) {
    Value::List list;
    for (const double x : all) list.emplace_back(x);
    return Value(std::move(list));
  };
  Value::List rows, curves, missing;
  for (const PassportRow& row : page.passport.rows) {
    Value v;
    v.set("measure", row.measure).set("of", row.target).set("value", row.value);
    v.set("unit", row.unit);
    if (row.low) v.set("lowest", *row.low);
    if (row.high) v.set("highest", *row.high);
    if (row.judged()) v.set("from", row.limits).set("in_range", row.passed());
    rows.push_back(std::move(v));
  }
  for (const PassportCurve& curve : page.passport.curves) {
    Value v;
    v.set("measure", curve.measure).set("of", curve.target);
    v.set("x_unit", curve.x_unit).set("x", numbers(curve.x));
    v.set("y_unit", curve.y_unit).set("y", numbers(curve.y));
    curves.push_back(std::move(v));
  }
  for (const std::string& key : page.without_source) missing.emplace_back(key);
  Value document;
  document.set("scanner", page.scanner.name).set("quality", page.quality);
  document.set("detector_rows", double(page.scanner.rows));
  document.set("passed", page.passport.passed()).set("rows", Value(std::move(rows)));
  document.set("curves", Value(std::move(curves)));
  document.set("without_provenance", Value(std::move(missing)));
  if (page.scanner.profile) document.set("profile", Profile::schema().write(*page.scanner.profile));
  return vitrine::to_json(document, 2) + "\n";
}

}  // namespace vitrine::cli

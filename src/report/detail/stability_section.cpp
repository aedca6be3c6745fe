#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

using evaluation::Bias;
using evaluation::Estimate;
using evaluation::StabilityRow;

/// Families in the order of their first feature.
std::vector<std::string> families(const Page& page) {
  std::vector<std::string> all;
  for (const auto& row : page.stability)
    if (std::find(all.begin(), all.end(), row.feature.family) == all.end())
      all.push_back(row.feature.family);
  return all;
}

/// An ICC and its interval as a small drawing: 0 to 1, ticks at 0.5, 0.75 and 0.9.
void write_strip(Html& html, const Estimate& icc) {
  const auto place = [](double x) { return brief(2.0 + 116.0 * std::clamp(x, 0.0, 1.0), 4); };
  html.raw("<td class=\"strip\">");
  if (icc.has_value()) {
    html.raw("<svg class=\"")
        .raw(to_string(grade(icc)))
        .raw("\" viewBox=\"0 0 120 14\" aria-hidden=\"true\">");
    html.raw("<path class=\"tick\" d=\"M2 7H118M60 2v10M89 2v10M106.4 2v10\"/>");
    if (icc.has_interval())
      html.raw("<path d=\"M").raw(place(icc.low)).raw(" 7H").raw(place(icc.high)).raw("\"/>");
    html.raw("<circle cx=\"").raw(place(icc.value)).raw("\" cy=\"7\" r=\"3.2\"/></svg>");
  }
  html.raw("</td>");
}

/// The row of one of the page's features.
void open_row(Html& html, const Page& page, const StabilityRow& row, std::string_view remark = {}) {
  open_feature_row(html, row.feature, std::size_t(&row - page.stability.data()), remark);
}

void open_table(Html& html, std::string_view heading, std::string_view note,
                std::initializer_list<std::string_view> columns) {
  html.element("h3", heading).element("p", note, "note");
  html.raw("<div class=\"scroll\"><table class=\"sortable filtered\"><thead><tr>");
  html.raw("<th scope=\"col\">feature</th>");
  for (const std::string_view column : columns)
    html.raw("<th scope=\"col\" class=\"number\">").text(column).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
}

/// A list to choose from; the first choice filters nothing.
void write_choices(Html& html, std::string_view id, std::string_view label,
                   std::initializer_list<std::string_view> choices, std::string_view suffix) {
  html.raw("<label>").text(label).raw(" <select id=\"only-").raw(id).raw("\">");
  for (const std::string_view choice : choices) {
    const bool all = choice == *choices.begin();
    html.raw("<option value=\"").raw(all ? "" : choice).raw("\">").text(choice);
    html.raw(all ? "" : suffix).raw("</option>");
  }
  html.raw("</select></label>");
}

std::string number(double x) { return brief(x); }
std::string share(double x) { return percent(x); }
std::string icc_text(double x) { return coefficient(x); }
std::string rho_text(double x) { return coefficient(x, 2); }

constexpr std::string_view close_table = "</tbody></table></div>\n";

std::string remark(const StabilityRow& row) {
  std::string text;
  if (row.same_in_all_arms) text = "the same in every arm";
  if (row.excluded > 0)
    text += str(text.empty() ? "" : "; ", row.excluded, " of ", row.values, " values missing (",
                row.exclusion, ")");
  if (!row.icc.reason.empty()) text += (text.empty() ? "" : "; ") + row.icc.reason;
  return text;
}

void write_agreement(Html& html, const Page& page) {
  open_table(
      html, "Agreement over the arms",
      "ICC(A,1) of single measurements with the arms as fixed levels: offsets between arms "
      "count as disagreement. 95 % intervals from a bootstrap over patients. The grade is what "
      "the lower limit allows to claim (limits 0.5, 0.75, 0.9). \u03c1 is Spearman's correlation "
      "of the feature with the true volume.",
      {"ICC(A,1)", "0 to 1", "grade", "ICC(C,1)", "\u03c1 with volume", "CCC with T0", "lesions"});
  for (const StabilityRow& row : page.stability) {
    open_row(html, page, row, remark(row));
    html.estimate_cell(row.icc, icc_text);
    write_strip(html, row.icc);
    const Grade g = grade(row.icc);
    html.raw("<td data-value=\"").raw(std::to_string(int(g))).raw("\" class=\"grade ");
    html.raw(to_string(g)).raw("\">").raw(to_string(g)).raw("</td>");
    html.number_cell(row.consistency.value, coefficient(row.consistency.value));
    html.estimate_cell(row.spearman_volume, rho_text).estimate_cell(row.concordance, icc_text);
    html.number_cell(double(row.lesions), std::to_string(row.lesions)).raw("</tr>\n");
  }
  html.raw(close_table);
}

void write_repeatability(Html& html, const Page& page) {
  const bool any = std::any_of(page.stability.begin(), page.stability.end(), [](const auto& row) {
    return row.repeatability.within_sd.has_value();
  });
  if (!any) return;
  open_table(
      html, "Repeatability, patient repositioned",
      "wSD: standard deviation within a lesion. RC = 1.96 \u221a2 wSD: 95 % of repeat differences "
      "are smaller. wCV in two forms: root mean square of s/m, and from logarithms. %RC: what a "
      "repeat may change relatively, from logarithms, hence not symmetric.",
      {"unit", "wSD", "RC", "wCV (rms)", "wCV (log)", "%RC down", "%RC up", "lesions"});
  for (const StabilityRow& row : page.stability) {
    const auto& r = row.repeatability;
    open_row(html, page, row);
    html.element("td", row.feature.unit, "number");
    html.estimate_cell(r.within_sd, number).estimate_cell(r.coefficient, number);
    html.estimate_cell(r.within_cv_rms, share).estimate_cell(r.within_cv_log, share);
    html.estimate_cell(r.relative_down, share).estimate_cell(r.relative_up, share);
    html.number_cell(double(r.lesions), std::to_string(r.lesions)).raw("</tr>\n");
  }
  html.raw(close_table);
}

/// Relative where a ratio has a meaning, else the difference with its unit.
void write_bias_cell(Html& html, const Bias& bias, const std::string& unit) {
  if (bias.relative.has_value()) {
    html.estimate_cell(bias.relative, share);
    return;
  }
  if (!bias.difference.has_value()) {
    html.estimate_cell(bias.difference, number);
    return;
  }
  const Estimate& d = bias.difference;
  std::string shown = brief(d.value);
  if (unit != "1") shown += str(' ', escape(unit));
  if (d.has_interval()) shown += "<small>" + brief(d.low) + " to " + brief(d.high) + "</small>";
  html.raw("<td class=\"number\" title=\"")
      .text(bias.relative.reason)
      .raw("\">")
      .raw(shown)
      .raw("</td>");
}

void write_bias(Html& html, const Page& page) {
  open_table(
      html, "Bias, mean over lesions and arms",
      "Total: scans against T0, the object itself on the image grid. T1: scans against the "
      "noiseless image of the reference arm. Noise: scans against T2, the noiseless image of the "
      "same arm. Arm: T2 against T1. Relative to the truth where it has one sign, else as a "
      "difference; levels in HU (mean, percentiles, extremes) relative to HU + 1000, which goes "
      "with "
      "attenuation.",
      {"total (T0)", "against T1", "noise (T2)", "arm (T2 \u2212 T1)", "lesions"});
  for (const StabilityRow& row : page.stability) {
    open_row(html, page, row);
    for (const Bias* bias : {&row.bias.total, &row.bias.reference, &row.bias.noise, &row.bias.arm})
      write_bias_cell(html, *bias, row.feature.unit);
    html.number_cell(double(row.bias.total.lesions), std::to_string(row.bias.total.lesions));
    html.raw("</tr>\n");
  }
  html.raw(close_table);
}

/// What each arm does to each feature, as a table with coloured cells: against T1, or where there
/// are no noiseless images, T0.
void write_heat_map(Html& html, const Page& page) {
  if (page.arm_names.size() < 2) return;
  const bool has_reference = std::ranges::any_of(page.stability, [](const StabilityRow& row) {
    return row.bias.reference.difference.has_value();
  });
  html.element("h3", "What each arm does to each feature");
  html.element("p",
               str("Bias of the arm's scans against ",
                   has_reference ? "T1, the noiseless image of the reference arm"
                                 : "T0, the object itself on the image grid",
                   ", in percent. Blue: too low, orange: too high, full colour at 50 %. Empty: a "
                   "ratio has no meaning."),
               "note");
  html.raw("<div class=\"scroll\"><table class=\"heat sortable filtered\"><thead><tr>");
  html.raw("<th scope=\"col\">feature</th>");
  for (const std::string& arm : page.arm_names)
    html.raw("<th scope=\"col\" class=\"number\">").raw(breakable(arm)).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  for (const StabilityRow& row : page.stability) {
    open_row(html, page, row);
    for (const auto& arm : row.arm_bias) {
      const double bias = (has_reference ? arm.reference : arm.total).relative.value;
      if (std::isnan(bias)) {
        html.raw("<td></td>");
        continue;
      }
      const double strength = std::clamp(std::abs(bias) / 0.5, 0.0, 1.0);
      html.raw("<td class=\"number ").raw(bias < 0.0 ? "low" : "high").raw("\" data-value=\"");
      html.raw(to_text(bias))
          .raw("\" style=\"--s:")
          .raw(std::to_string(int(std::lround(100.0 * strength))));
      html.raw("%\">").raw(brief(100.0 * bias, 2)).raw("</td>");
    }
    html.raw("</tr>\n");
  }
  html.raw(close_table);
}

}  // namespace

std::size_t feature_index(const Page& page, std::string_view id) {
  const auto found = std::ranges::find_if(
      page.stability, [&](const StabilityRow& row) { return row.feature.id == id; });
  require(found != page.stability.end(), Error::Kind::data, "the feature '", id,
          "' has no row among the features of the report");
  return std::size_t(found - page.stability.begin());
}

void open_feature_row(Html& html, const evaluation::Feature& feature, std::size_t place,
                      std::string_view remark) {
  html.raw("<tr data-row=\"").raw(std::to_string(place)).raw("\"><th scope=\"row\">");
  html.raw("<a href=\"#feature/")
      .text(feature.id)
      .raw("\">")
      .raw(breakable(feature.id))
      .raw("</a>");
  if (!feature.ibsi_code.empty()) html.element("small", feature.ibsi_code);
  if (!remark.empty()) html.element("small", remark, "remark");
  html.raw("</th>");
}

void write_stability(Html& html, const Page& page) {
  if (page.stability.empty()) return;
  open_section(html, "stability", "Stability of the features");
  html.raw(
      "<div class=\"filter needs-script\"><label>Find <input type=\"search\" id=\"find\" "
      "placeholder=\"feature\"></label><span id=\"families\">");
  html.raw("<button type=\"button\" data-family=\"\" aria-pressed=\"true\">all families</button>");
  for (const std::string& family : families(page))
    html.raw("<button type=\"button\" aria-pressed=\"false\" data-family=\"")
        .text(family)
        .raw("\">")
        .text(family)
        .raw("</button>");
  html.raw("</span>");
  write_choices(html, "grade", "ICC", {"any ICC", "moderate", "good", "excellent"}, " or better");
  if (!page.verdicts.empty())
    write_choices(html, "verdict", "Verdict", {"any verdict", "fit", "undecided", "unfit"}, "");
  html.raw("<output id=\"count\" aria-live=\"polite\"></output></div>\n");
  html.raw("<div class=\"charts needs-script\">");
  html.element("h3", "ICC(A,1) with its 95 % interval");
  html.element("p", "Sorted by the lower limit. Lines at 0.75 and 0.9.", "note");
  html.raw(
      "<div class=\"chart\" id=\"icc-box\"><canvas id=\"icc-chart\" role=\"img\" "
      "aria-label=\"ICC and interval of every feature; the table below has the "
      "numbers\"></canvas></div>");
  html.element("h3", "Stable, or only large?");
  html.element(
      "p",
      "ICC(A,1) against the size of the correlation with true volume: what stands at the upper "
      "right is stable and may carry little beyond the volume.",
      "note");
  html.raw(
      "<div class=\"chart square\"><canvas id=\"volume-chart\" role=\"img\" "
      "aria-label=\"ICC against correlation with volume\"></canvas></div></div>\n");
  html.raw(
      "<noscript><p class=\"note\">Charts, sorting and filters need scripts; every number is in "
      "the "
      "tables.</p></noscript>\n");
  write_agreement(html, page);
  write_repeatability(html, page);
  write_bias(html, page);
  write_heat_map(html, page);
  html.raw("</section>\n");
}

}  // namespace vitrine::report

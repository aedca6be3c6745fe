// What the factors of the design do to each feature: differences between levels, and shares of the
// variance.
#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/value.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

std::string share(double x) { return percent(x); }

/// A cell whose colour says its size: none at 0, full at `full`.
void sized_cell(Html& html, double value, double full, const std::string& why) {
  if (std::isnan(value)) {
    html.raw("<td class=\"number none\" title=\"").text(why).raw("\">\u2013</td>");
    return;
  }
  const double strength = std::clamp(value / full, 0.0, 1.0);
  html.raw("<td class=\"number high\" data-value=\"").raw(to_text(value)).raw("\" style=\"--s:");
  html.raw(std::to_string(int(std::lround(100.0 * strength)))).raw("%\">");
  html.raw(brief(100.0 * value, 2)).raw("</td>");
}

}  // namespace

void write_factors(Html& html, const Page& page) {
  if (page.stability.empty() || page.factors.empty()) return;
  open_section(html, "factors", "Features and factors");
  html.element("p",
               "The largest difference that a factor makes to a feature, in percent: means over "
               "the arms of one level less means over the arms of another, of the bias against T1, "
               "the noiseless image of the reference arm. Repeat: the within-lesion coefficient of "
               "variation. Full colour at 50 %; \u2013: a ratio has no meaning.",
               "note");
  html.raw("<div class=\"scroll\"><table class=\"heat sortable filtered\" id=\"factor-map\">");
  html.raw("<thead><tr><th scope=\"col\">feature</th>");
  for (const auto& factor : page.factors) {
    html.raw("<th scope=\"col\" class=\"number\">").raw(breakable(factor.name));
    std::vector<std::string> levels;
    for (const std::string& level : factor.level)
      if (std::ranges::find(levels, level) == levels.end()) levels.push_back(level);
    html.element("small", str(levels.size(), " levels")).raw("</th>");
  }
  const bool repeats = std::ranges::any_of(
      page.stability, [](const auto& row) { return row.repeatability.within_cv_rms.has_value(); });
  if (repeats) html.raw("<th scope=\"col\" class=\"number\">repeat<small>wCV</small></th>");
  html.raw("</tr></thead><tbody>\n");
  for (std::size_t f = 0; f < page.stability.size(); ++f) {
    const auto& row = page.stability[f];
    open_feature_row(html, row.feature, f);
    for (const auto& factor : page.factors)
      sized_cell(html, level_difference(row, factor), 0.5, row.bias.reference.relative.reason);
    if (repeats)
      sized_cell(html, row.repeatability.within_cv_rms.value, 0.5,
                 row.repeatability.within_cv_rms.reason);
    html.raw("</tr>\n");
  }
  html.raw("</tbody></table></div>\n</section>\n");
}

void write_variances(Html& html, const Page& page) {
  if (page.variances.empty()) return;
  open_section(html, "variance", "Where the variation comes from");
  html.element("p",
               "Shares of each feature's variance (REML). Patient and lesion: what the feature is "
               "there to tell apart. The other parts are what scanning adds; residual: noise, "
               "repositioning and interactions.",
               "note");
  html.raw(
      "<div class=\"charts needs-script\"><div class=\"chart\" id=\"variance-box\"><canvas "
      "id=\"variance-chart\" role=\"img\" aria-label=\"Shares of the variance of every feature; "
      "the table below has the numbers\"></canvas></div></div>\n");
  html.raw("<details><summary>The numbers, with intervals</summary>");
  html.raw("<div class=\"scroll\"><table class=\"sortable filtered\"><thead><tr>");
  html.raw("<th scope=\"col\">feature</th>");
  for (const auto& part : page.variances.front().shares) {
    html.raw("<th scope=\"col\" class=\"number\">").raw(breakable(part.source));
    html.element("small", part.kind == evaluation::Effect::fixed ? "fixed" : "random");
    html.raw("</th>");
  }
  html.raw("<th scope=\"col\" class=\"number\">patient and lesion</th></tr></thead><tbody>\n");
  for (std::size_t f = 0; f < page.variances.size(); ++f) {
    const auto& variance = page.variances[f];
    const std::size_t place = feature_index(page, variance.feature);
    std::string notes;
    for (const std::string& note : variance.notes) notes += (notes.empty() ? "" : "; ") + note;
    open_feature_row(html, page.stability[place].feature, place, notes);
    for (const auto& part : variance.shares) html.estimate_cell(part.share, share);
    html.estimate_cell(variance.subjects, share).raw("</tr>\n");
  }
  html.raw("</tbody></table></div></details>\n</section>\n");
}

}  // namespace vitrine::report

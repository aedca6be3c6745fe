#include <algorithm>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

std::string coefficient_text(double x) { return coefficient(x); }
std::string ratio_text(double x) { return coefficient(x, 2); }
std::string percent_text(double x) { return percent(x); }

/// How many features came nearer to a truth or went away from it, by the whole interval of the
/// ratio of errors.
struct Count {
  std::size_t nearer = 0, farther = 0, judged = 0;
  void add(const evaluation::ErrorToTruth& error) {
    judged += error.ratio.has_interval();
    nearer += error.ratio.has_interval() && error.ratio.high < 1.0;
    farther += error.ratio.has_interval() && error.ratio.low > 1.0;
  }
  std::string text() const { return str(nearer, " / ", farther, " of ", judged); }
};

void write_overview(Html& html, const Page& page) {
  Table table;
  table.columns = {"preprocessing", "what is done", "ICC higher / lower",
                   "nearer to / farther from the truth measured alike",
                   "nearer to / farther from the object"};
  for (const Preprocessed& each : page.preprocessed) {
    std::size_t higher = 0, lower = 0;
    Count alike, object;
    for (const auto& feature : each.features) {
      higher += feature.after.icc.value > feature.before.icc.value;
      lower += feature.after.icc.value < feature.before.icc.value;
      alike.add(feature.error);
      object.add(feature.object_error);
    }
    table.add({each.name, each.steps, str(higher, " / ", lower, " of ", each.features.size()),
               alike.text(), object.text()});
  }
  html.table(table);
}

void write_features(Html& html, const Page& page, const Preprocessed& each) {
  html.element("h3", each.name);
  html.raw("<details><summary>Every feature</summary><div class=\"scroll\">");
  html.raw("<table class=\"sortable filtered\"><thead><tr><th scope=\"col\">feature</th>");
  for (const char* column : {"ICC before", "ICC after", "wCV before", "wCV after", "bias before",
                             "bias after", "CCC with T0 before", "CCC with T0 after",
                             "error, after / before", "from the object, after / before"})
    html.raw("<th scope=\"col\" class=\"number\">").raw(column).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  for (const auto& feature : each.features) {
    const std::size_t place = feature_index(page, feature.feature.id);
    const bool other_unit = feature.unit_after != feature.feature.unit;
    open_feature_row(html, feature.feature, place,
                     other_unit ? str("afterwards in ", feature.unit_after) : "");
    const auto both = [&](const evaluation::Estimate& before, const evaluation::Estimate& after,
                          Show show) {
      html.estimate_cell(before, show).estimate_cell(after, show);
    };
    both(feature.before.icc, feature.after.icc, coefficient_text);
    both(feature.before.within_cv, feature.after.within_cv, percent_text);
    both(feature.before.bias, feature.after.bias, percent_text);
    both(feature.before.concordance, feature.after.concordance, coefficient_text);
    html.estimate_cell(feature.error.ratio, ratio_text);
    html.estimate_cell(feature.object_error.ratio, ratio_text);
    html.raw("</tr>\n");
  }
  html.raw("</tbody></table></div></details>\n");
}

}  // namespace

void write_preprocessing(Html& html, const Page& page) {
  if (page.preprocessed.empty()) return;
  open_section(html, "preprocessing", "Preprocessing");
  html.element(
      "p",
      "Features of the same images as they are (before) and after each preprocessing. The truth is "
      "preprocessed and measured alike, so that both sides are judged by their own definition; the "
      "last column judges both by the object as it is, which smoothing may leave behind. Errors "
      "are root mean squares, their ratio below 1 is nearer; counts are of whole 95 % intervals "
      "from a bootstrap over patients. All other sections are of the images as they are.",
      "note");
  write_overview(html, page);
  for (const Preprocessed& each : page.preprocessed) write_features(html, page, each);
  html.raw("</section>\n");
}

}  // namespace vitrine::report

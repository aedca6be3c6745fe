#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/core/listing.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

std::string icc_text(double x) { return coefficient(x); }
std::string ratio_text(double x) { return coefficient(x, 2); }

std::string truth_name(const std::string& truth) {
  return truth == "t0"   ? "T0, the object"
         : truth == "t1" ? "T1, the reference arm without noise"
                         : "T2, the same arm without noise";
}

/// How many features came nearer to the truth, how many went away from it, by the whole interval.
std::string summary(const Harmonised& run) {
  std::size_t nearer = 0, farther = 0, judged = 0, higher = 0;
  for (const auto& feature : run.features) {
    const auto& ratio = feature.error.ratio;
    judged += ratio.has_interval();
    nearer += ratio.has_interval() && ratio.high < 1.0;
    farther += ratio.has_interval() && ratio.low > 1.0;
    higher += feature.icc_after.value > feature.icc_before.value;
  }
  return str("Of ", run.features.size(), " features ", higher, " have a higher ICC(A,1); of ",
             judged, " that can be judged by the truth ", nearer, " came nearer to it and ",
             farther, " went away from it with the whole 95 % interval.");
}

/// Each reason once, with the methods that it holds for: no truth was needed to refuse.
void write_refusals(Html& html, const std::vector<Harmonised>& runs) {
  std::vector<std::pair<std::string, std::vector<std::string>>> methods_of;  // each reason
  for (const Harmonised& run : runs) {
    if (run.refused.empty()) continue;
    auto known = std::ranges::find(methods_of, run.refused, [](const auto& r) { return r.first; });
    if (known == methods_of.end())
      known = methods_of.emplace(known, run.refused, std::vector<std::string>());
    auto& methods = known->second;
    if (std::ranges::find(methods, run.method) == methods.end()) methods.push_back(run.method);
  }
  for (const auto& [reason, methods] : methods_of) {
    html.element("h3", str("ComBat, ", listing(methods), ", by ", runs.front().batch));
    html.raw("<p class=\"warning\"><strong>Refused.</strong> ").text(reason).raw("</p>\n");
  }
}

void write_run(Html& html, const Page& page, const Harmonised& run, bool first_of_method) {
  const std::string what = run.batch.empty() ? str("Preprocessing ", run.method)
                                             : str("ComBat, ", run.method, ", by ", run.batch);
  html.element("h3", str(what, ": judged by ", truth_name(run.truth)));
  html.element("p", summary(run));
  html.raw("<details><summary>Every feature</summary><div class=\"scroll\">");
  html.raw("<table class=\"sortable filtered\"><thead><tr><th scope=\"col\">feature</th>");
  std::vector<const char*> columns;
  const bool labelled = std::ranges::any_of(
      run.features, [](const auto& feature) { return feature.auc.before.has_value(); });
  if (first_of_method) columns = {"ICC before", "ICC after"};
  columns.insert(columns.end(), {"error before", "error after", "after / before"});
  if (first_of_method && labelled)
    columns.insert(columns.end(), {"AUC before", "AUC after", "change"});
  for (const char* column : columns)
    html.raw("<th scope=\"col\" class=\"number\">").raw(column).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  for (const auto& feature : run.features) {
    const std::size_t place = feature_index(page, feature.feature);
    open_feature_row(html, page.stability[place].feature, place, feature.left_alone);
    if (first_of_method)
      html.estimate_cell(feature.icc_before, icc_text).estimate_cell(feature.icc_after, icc_text);
    const Show number = [](double x) { return brief(x); };
    html.estimate_cell(feature.error.before, number).estimate_cell(feature.error.after, number);
    html.estimate_cell(feature.error.ratio, ratio_text);
    if (first_of_method && labelled)
      html.estimate_cell(feature.auc.before, icc_text)
          .estimate_cell(feature.auc.after, icc_text)
          .estimate_cell(feature.auc.change, icc_text);
    html.raw("</tr>\n");
  }
  html.raw("</tbody></table></div></details>\n");
}

}  // namespace

void write_harmonisation(Html& html, const Page& page) {
  if (page.harmonised.empty()) return;
  open_section(html, "harmonisation", "Harmonisation");
  html.element("p",
               "What ComBat does to the features, in patients that it was not fitted to, and "
               "beside it what preprocessing does, each side with its own truth. A higher "
               "ICC says that arms agree more, not that they are right: the error is the root mean "
               "square distance from the truth, in the feature's unit; after / before below 1 is "
               "nearer to it.",
               "note");
  write_refusals(html, page.harmonised);
  std::string method;
  for (const Harmonised& run : page.harmonised) {
    if (!run.refused.empty()) continue;
    write_run(html, page, run, run.method != method);
    method = run.method;
  }
  html.raw("</section>\n");
}

}  // namespace vitrine::report

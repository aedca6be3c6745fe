#include "vitrine/report/stress_page.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/page_head.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

using evaluation::GroupScore;

std::string shown(double value) { return brief(value, 3); }

std::string anchor(std::size_t model) { return str("model", model + 1); }

/// Scores in a table, and what it calls the numbers of a score's images and lesions.
struct ScoreTable {
  const std::vector<GroupScore>& scores;
  const std::vector<std::string>& metrics;  // its columns
  const char *images, *lesions;
};

/// One row a group, one column a metric.
void write_scores(Html& html, const ScoreTable& model) {
  html.raw("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">group</th>");
  for (const char* count : {"patients", model.images, model.lesions})
    html.raw("<th scope=\"col\" class=\"number\">").text(count).raw("</th>");
  for (const std::string& metric : model.metrics)
    html.raw("<th scope=\"col\" class=\"number\">").raw(breakable(metric)).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  for (std::size_t first = 0; first < model.scores.size();) {
    const GroupScore& row = model.scores[first];
    std::size_t last = first;
    while (last < model.scores.size() && model.scores[last].group == row.group &&
           model.scores[last].level == row.level)
      ++last;
    html.raw("<tr><th scope=\"row\">").raw(breakable(row.group));
    if (!row.level.empty()) html.raw("<small class=\"remark\">").text(row.level).raw("</small>");
    html.raw("</th>");
    html.number_cell(double(row.patients), std::to_string(row.patients));
    html.number_cell(double(row.images),
                     row.failed > 0 ? str(row.images, "<small>", row.failed, " failed</small>")
                                    : std::to_string(row.images));
    html.number_cell(double(row.lesions), std::to_string(row.lesions));
    for (const std::string& metric : model.metrics) {
      const auto found = std::find_if(model.scores.begin() + std::ptrdiff_t(first),
                                      model.scores.begin() + std::ptrdiff_t(last),
                                      [&](const GroupScore& one) { return one.metric == metric; });
      if (found == model.scores.begin() + std::ptrdiff_t(last))
        html.raw("<td></td>");
      else
        html.estimate_cell(found->value, shown);
    }
    html.raw("</tr>\n");
    first = last;
  }
  html.raw("</tbody></table></div>\n");
}

/// Differences to the reference level, where there are any.
void write_differences(Html& html, const std::vector<GroupScore>& scores, const char* paired) {
  if (std::ranges::none_of(scores,
                           [](const GroupScore& one) { return one.difference.has_value(); }))
    return;
  html.element("h3", "Differences to the reference level");
  html.element("p",
               str(paired,
                   " An interval without 0 is a difference that other patients would show too; "
                   "these are not adjusted for their number."),
               "note");
  html.raw(
      "<div class=\"scroll\"><table><thead><tr><th scope=\"col\">group</th>"
      "<th scope=\"col\">metric</th><th scope=\"col\" class=\"number\">difference</th>"
      "</tr></thead><tbody>\n");
  for (const GroupScore& one : scores) {
    if (!one.difference.has_value()) continue;
    html.raw("<tr><th scope=\"row\">").raw(breakable(one.group)).raw("<small class=\"remark\">");
    html.text(one.level).raw("</small></th>").element("td", one.metric);
    html.estimate_cell(one.difference, shown).raw("</tr>\n");
  }
  html.raw("</tbody></table></div>\n");
}

void write_model(Html& html, const StressedModel& model, std::size_t place) {
  open_section(html, anchor(place), model.name);
  html.raw("<p class=\"note\"><code>").text(model.about).raw("</code></p>\n");
  html.raw("<div class=\"cards\">");
  for (const StressedModel::Worst& one : model.worst) {
    html.raw("<div class=\"card\"><b>").raw(shown(one.all.value)).raw("</b><span>");
    html.raw(breakable(one.metric)).raw("</span>");
    if (!one.group.empty())
      html.raw("<br><small>worst ")
          .raw(shown(one.worst.value))
          .raw(" in ")
          .text(one.group)
          .raw("</small>");
    html.raw("</div>\n");
  }
  html.raw("</div>\n");
  for (const IntervalChart& chart : model.charts)
    html.raw("<div class=\"drawing\">").raw(svg(chart)).raw("</div>\n");
  for (const LineChart& chart : model.curves)
    html.raw("<div class=\"drawing\">").raw(svg_element(chart)).raw("</div>\n");
  if (!model.scores.empty()) write_scores(html, {model.scores, model.metrics, "images", "lesions"});
  write_differences(html, model.scores,
                    "The same lesions in both (cpm and auc: the same patients).");
  if (!model.failures.panels.empty()) write_sheet(html, model.failures, 1);
  html.raw("</section>\n");
}

/// Columns of numbers that are asked for first: the others are in stress_response.csv.
void write_response(Html& html, const StressedResponse& response) {
  html.element("h3", response.name);
  const std::vector<std::string> metrics{"response_agreement",       "response_kappa",
                                         "irecist_agreement",        "objective_response_rate",
                                         "objective_response_error", "progression_free_share",
                                         "progression_free_error",   "progression_agreement"};
  html.raw("<div class=\"drawing\">").raw(svg_element(response.progression_free)).raw("</div>\n");
  write_scores(html, {response.scores, metrics, "courses", "visits"});
  write_differences(html, response.scores, "The same patients in both.");
}

void write_responses(Html& html, const StressPage& page) {
  if (page.responses.empty()) return;
  open_section(html, "response", "Response");
  html.element("p",
               "What RECIST 1.1 and iRECIST make of the sizes that were found, against what they "
               "make of the lesions' exact sizes. A course is a patient in one arm. An error is "
               "the rate by the model less the true one, of the same courses. The true masks say "
               "what the voxels alone cost.",
               "note");
  for (const StressedResponse& response : page.responses) write_response(html, response);
  html.raw("</section>\n");
}

void write_navigation(Html& html, const StressPage& page) {
  html.raw("<nav aria-label=\"Sections\"><a href=\"#answer\">Answer</a>");
  for (std::size_t m = 0; m < page.models.size(); ++m)
    html.raw("<a href=\"#").raw(anchor(m)).raw("\">").text(page.models[m].name).raw("</a>");
  if (!page.responses.empty()) html.raw("<a href=\"#response\">Response</a>");
  if (!page.failed.rows.empty()) html.raw("<a href=\"#failed\">Failed images</a>");
  html.raw("<a href=\"#limits\">Limits</a></nav>\n");
}

}  // namespace

std::string render(const StressPage& page) {
  Html html;
  open_page(html, page.title);
  html.raw(
      "<style>.drawing{overflow-x:auto}.drawing svg{max-width:100%;height:auto;"
      "min-width:34rem}.card small{overflow-wrap:anywhere}</style>\n");
  write_navigation(html, page);
  html.raw("<main>\n<header id=\"answer\"><p class=\"kicker\">Models under stress</p>");
  html.element("h1", page.title);
  if (!page.question.empty()) html.element("p", page.question, "question");
  html.element("p", page.answer, "lead").raw("<dl>");
  for (const Fact& fact : page.facts) html.element("dt", fact.name).element("dd", fact.value);
  html.raw("</dl>");
  if (!page.limits.rows.empty()) html.table(page.limits);
  html.raw("</header>\n");
  for (std::size_t m = 0; m < page.models.size(); ++m) write_model(html, page.models[m], m);
  write_responses(html, page);
  if (!page.failed.rows.empty()) {
    open_section(html, "failed", "Failed images");
    html.element("p", "Each counts as an image on which nothing was found.", "note");
    html.table(page.failed).raw("</section>\n");
  }
  open_section(html, "limits", "Limits");
  html.raw("<ul>");
  for (const std::string& remark : page.remarks) html.element("li", remark);
  html.raw("</ul></section>\n</main>\n</body>\n</html>\n");
  return html.str();
}

}  // namespace vitrine::report

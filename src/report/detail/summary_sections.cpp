#include <algorithm>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

std::string icc_text(double x) { return coefficient(x); }
std::string share(double x) { return percent(x); }

void write_facts(Html& html, const std::vector<Fact>& facts) {
  html.raw("<dl>");
  for (const Fact& fact : facts) html.element("dt", fact.name).element("dd", fact.value);
  html.raw("</dl>\n");
}

void write_card(Html& html, std::size_t count, std::size_t of, std::string_view what,
                std::string_view style) {
  html.raw("<div class=\"card ").raw(style).raw("\"><b>").text(std::to_string(count));
  html.raw("<small> of ").text(std::to_string(of)).raw("</small></b>");
  html.element("span", what).raw("</div>\n");
}

/// The first rows of the ranking, from its front or its back.
void write_ranked(Html& html, std::string_view heading, const Answer& answer, bool best) {
  constexpr std::size_t shown = 5;
  html.raw("<div>").element("h3", heading).raw("<ol>");
  const auto& ranking = answer.ranking;
  for (std::size_t i = 0; i < std::min(shown, ranking.size()); ++i) {
    const auto& row = *(best ? ranking[i] : ranking[ranking.size() - 1 - i]);
    html.raw("<li><code>")
        .raw(breakable(row.feature.id))
        .raw("</code> ")
        .raw(coefficient(row.icc.value));
    html.raw(" <small>(").raw(interval(row.icc, icc_text)).raw(")</small></li>");
  }
  html.raw("</ol></div>\n");
}

/// Largest mean differences from the object's truth, relative to it.
void write_biased(Html& html, const Page& page) {
  std::vector<const evaluation::StabilityRow*> rows;
  for (const auto& row : page.stability)
    if (row.bias.total.relative.has_value()) rows.push_back(&row);
  if (rows.empty()) return;
  std::stable_sort(rows.begin(), rows.end(), [](const auto* a, const auto* b) {
    return std::abs(a->bias.total.relative.value) > std::abs(b->bias.total.relative.value);
  });
  html.raw("<div>").element("h3", "Largest bias against the object (T0)").raw("<ol>");
  for (std::size_t i = 0; i < std::min<std::size_t>(5, rows.size()); ++i) {
    const auto& bias = rows[i]->bias.total.relative;
    html.raw("<li><code>")
        .raw(breakable(rows[i]->feature.id))
        .raw("</code> ")
        .raw(percent(bias.value));
    if (bias.has_interval()) html.raw(" <small>(").raw(interval(bias, share)).raw(")</small>");
    html.raw("</li>");
  }
  html.raw("</ol></div>\n");
}

/// What the intervals of the ICC allow to claim.
std::string sentence(const Answer& a, const Page& page) {
  if (a.withheld == a.features)
    return str(
        "Agreement: no claim is possible, since the interval of the ICC is withheld for all ",
        a.features, " features (", page.stability.front().icc.reason, ").");
  std::string text = str("Agreement between arms: of ", a.features, " features ", a.good,
                         " have an ICC(A,1) of at least 0.75 with its whole 95 % interval, and ",
                         a.excellent, " of at least 0.9");
  text += a.poor > 0 ? str("; ", a.poor, " lie below 0.5.") : std::string(".");
  if (a.unmoved > 0)
    text +=
        str(" ", a.unmoved,
            " features are the same in every arm by construction, such as shape on one truth mask:"
            " that says nothing about a segmentation.");
  if (a.withheld > 0) text += str(" For ", a.withheld, " the interval of the ICC is withheld.");
  return text;
}

}  // namespace

void open_section(Html& html, std::string_view id, std::string_view heading) {
  html.raw("<section id=\"").text(id).raw("\">").element("h2", heading).raw("\n");
}

void write_answer(Html& html, const Page& page, const Answer& answer) {
  html.raw("<header>").element("p", "Virtual imaging trial", "kicker");
  html.element("h1", page.title);
  if (!page.question.empty()) html.element("p", page.question, "question");
  html.raw("<dl class=\"context\">");
  if (!page.decision.empty()) html.element("dt", "Decision it serves").element("dd", page.decision);
  if (!page.population.empty()) html.element("dt", "Population").element("dd", page.population);
  if (!page.verdicts.empty())
    html.element("dt", "Acceptable bias")
        .raw("<dd>\u00b1 ")
        .raw(plain(100.0 * page.tolerance.bias))
        .raw(" % of the truth, in every arm</dd>");
  html.raw("</dl></header>\n");
  if (!page.unfinished.empty())
    html.raw("<p class=\"warning\"><strong>Not the whole trial.</strong> ")
        .text(page.unfinished)
        .raw("</p>\n");

  open_section(html, "answer", "The answer");
  if (answer.features == 0) {
    html.element("p", page.lesions.rows.empty() && page.failures.rows.empty()
                          ? "No feature was measured: these patients have no lesions. The images "
                            "and images.csv (noise, dose) are the result."
                          : "No feature was measured: see the failures below.")
        .raw("</section>\n");
    return;
  }
  write_verdict(html, page, answer);
  html.raw("<div class=\"cards\">\n");
  if (const std::size_t judged = page.verdicts.size(); judged > 0) {
    write_card(html, answer.fit.size(), judged, "fit for the decision", "excellent");
    write_card(html, answer.undecided.size(), judged, "undecided", "moderate");
    write_card(html, answer.unfit.size(), judged, "unfit", "poor");
  }
  write_card(html, answer.good, answer.features, "ICC at least 0.75 (lower limit)", "good");
  html.raw("</div>\n");
  write_judged_features(html, page, answer);
  if (page.verdicts.empty())
    html.element("p",
                 "The acceptable bias is not judged, since the scenario's analyse leaves out "
                 "bias_vs_truth.",
                 "note");
  html.element("p", sentence(answer, page), "agreement");
  html.raw("<div class=\"ranked\">\n");
  if (!answer.ranking.empty()) {
    write_ranked(html, "Most stable", answer, true);
    write_ranked(html, "Least stable", answer, false);
  }
  write_biased(html, page);
  html.raw("</div>\n");
  if (answer.unmoved > 0 && !answer.ranking.empty())
    html.element("p", "Features that no arm can change are left out of these lists.", "note");
  html.raw("</section>\n");
}

void write_design(Html& html, const Page& page) {
  open_section(html, "design", "What was asked");
  write_facts(html, page.asked);
  if (!page.scenario.empty())
    html.raw("<details><summary>Scenario, canonical form</summary>")
        .element("pre", page.scenario)
        .raw("</details>\n");
  html.raw("</section>\n");
  if (!page.arms.rows.empty()) {
    open_section(html, "arms", "Arms");
    html.table(page.arms).raw("</section>\n");
  }
}

void write_closing(Html& html, const Page& page) {
  if (!page.lesions.rows.empty()) {
    open_section(html, "lesions", "Lesions: what is true");
    html.table(page.lesions, "sortable").raw("</section>\n");
  }
  if (!page.visits.rows.empty()) {
    open_section(html, "visits", "Visits: the true response");
    html.element("p",
                 "From the lesions' exact sizes on each day: what a reader of the images should "
                 "have called.");
    html.table(page.visits, "sortable").raw("</section>\n");
  }
  if (!page.contrast.rows.empty()) {
    open_section(html, "contrast", "Contrast medium");
    html.element(
        "p",
        "When each scan was, from the start of the injection, and how much brighter blood, "
        "liver and lesions truly were then (HU at 70 keV; contrast.csv has them all).");
    html.table(page.contrast, "sortable").raw("</section>\n");
  }
  open_section(html, "failures", "Failures");
  if (page.failures.rows.empty())
    html.element("p", "None: every case and every arm ran to its end.");
  else
    html.table(page.failures);
  html.raw("</section>\n");
  if (!page.limits.empty()) {
    open_section(html, "limits", "Limits");
    html.raw("<ul>");
    for (const std::string& limit : page.limits) html.element("li", limit);
    html.raw("</ul></section>\n");
  }
  open_section(html, "provenance", "Provenance");
  write_facts(html, page.provenance);
  if (!page.files.rows.empty()) {
    html.raw("<details><summary>Files and their SHA-256</summary>").table(page.files, "files");
    html.raw("</details>\n");
  }
  html.raw("</section>\n");
}

}  // namespace vitrine::report

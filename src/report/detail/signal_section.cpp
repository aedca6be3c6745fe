// How much of a label that lesions were given a classifier finds.
#include <string>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/sections.hpp"
#include "vitrine/report/page_figures.hpp"

namespace vitrine::report {
namespace {

std::string three_decimals(double x) { return coefficient(x); }
std::string two_digits(double x) { return brief(x, 2); }

/// What is on a rung, in words; the rung's name if it is a new one.
std::string words_of(const std::string& rung) {
  constexpr std::pair<const char*, const char*> all[] = {
      {"population", "The texture's strength itself, in the population of the scenario."},
      {"oracle", "The same in these patients: what nobody can be better than, but by chance."},
      {"t0", "Classifier of features of the object (T0)."},
      {"noiseless", "Of noiseless images (T2) of one site; mean over the sites."},
      {"one_site", "Of scans at one site; mean over the sites."},
      {"sites", "Of scans, every patient at one of all sites."},
      {"held_out_site", "The same, learnt at all sites but the one that is judged."},
      {"harmonised", "The same as sites, after ComBat."},
      {"confounded", "Sites go with the label."},
      {"confounded_harmonised", "The same, after ComBat."},
      {"null", "As sites, labels shuffled: nothing is to be found."},
      {"null_confounded", "Labels shuffled, sites go with these: what is found is the sites."}};
  for (const auto& [name, words] : all)
    if (rung == name) return words;
  return rung;
}

void write_rungs(Html& html, const evaluation::SignalLadder& ladder) {
  html.raw("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">rung</th>");
  for (const char* column : {"AUC", "change", "of", "from the oracle", "calibration slope",
                             "calibration intercept", "sensitivity", "specificity"})
    html.raw("<th scope=\"col\" class=\"number\">").raw(column).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  const auto area_cell = [&](const evaluation::Estimate& e) {
    if (e.has_value() || !e.reason.empty())
      html.estimate_cell(e, three_decimals);
    else  // there is nothing to compare this rung with
      html.raw("<td></td>");
  };
  for (const evaluation::SignalRung& rung : ladder.rungs) {
    html.raw("<tr><th scope=\"row\">").raw(breakable(rung.name));
    html.element("small", words_of(rung.name), "remark").raw("</th>");
    area_cell(rung.area);
    area_cell(rung.change);
    html.element("td", rung.against);
    area_cell(rung.from_oracle);
    html.estimate_cell(rung.calibration.slope, two_digits)
        .estimate_cell(rung.calibration.intercept, two_digits)
        .estimate_cell(rung.calibration.sensitivity, two_digits)
        .estimate_cell(rung.calibration.specificity, two_digits);
    html.raw("</tr>\n");
  }
  html.raw("</tbody></table></div>\n");
}

}  // namespace

void write_signal(Html& html, const Page& page) {
  if (!page.signal) return;
  const evaluation::SignalLadder& ladder = *page.signal;
  open_section(html, "signal", "Known signal");
  html.element("p",
               "What a radiomics classifier (penalised logistic regression, nested "
               "cross-validation by patient) finds of a label that the lesions' texture was drawn "
               "by, from the truth down to unseen sites. Areas under the ROC curve of the same "
               "patients: a change is paired.",
               "note");
  if (!ladder.refused.empty()) {
    html.raw("<p class=\"warning\"><strong>Refused.</strong> ").text(ladder.refused);
    html.raw("</p>\n</section>\n");
    return;
  }
  html.element("p", str(ladder.with, " patients with the label, ", ladder.without, " without; ",
                        ladder.lesions, " lesions; ", ladder.features.size(), " features."));
  html.raw("<figure>").raw(svg_element(signal_chart(ladder))).raw("</figure>\n");
  write_rungs(html, ladder);
  html.raw("</section>\n");
}

}  // namespace vitrine::report

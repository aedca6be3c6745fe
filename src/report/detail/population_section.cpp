// Who and what the sample is made of: strata of patients, and sites.
#include <algorithm>

#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

std::string icc_text(double x) { return coefficient(x); }
std::string share_text(double x) { return percent(x); }
std::string number_text(double x) { return brief(x); }

/// Bias against the object: relative where that is defined.
void bias_cell(Html& html, const evaluation::Bias& bias) {
  if (bias.relative.has_value())
    html.estimate_cell(bias.relative, share_text);
  else
    html.estimate_cell(bias.difference, number_text);
}

}  // namespace

void write_sites(Html& html, const Page& page) {
  if (page.sites.rows.empty()) return;
  open_section(html, "sites", "Sites");
  html.element("p",
               "Each site has a machine of its own; these deviations were drawn for it, and their "
               "effects on features are what the sites' arms differ by. Consoles, and so image "
               "headers, know nothing of output, calibration, kernel and slice thickness.",
               "note");
  html.table(page.sites);
  html.raw("</section>\n");
}

void write_strata(Html& html, const Page& page) {
  if (page.strata.empty()) return;
  open_section(html, "strata", "Strata");
  html.element("p",
               "The same statistics in the patients of one stratum alone: ICC(A,1) over the arms, "
               "and the bias of the scans against the object (in percent of it; in the feature's "
               "unit where a percentage means nothing). ICC depends on how much lesions of the "
               "stratum differ from each other, so it may differ where biases agree.",
               "note");
  html.raw("<div class=\"scroll\"><table class=\"sortable\"><thead><tr>");
  html.raw("<th scope=\"col\">feature</th>");
  for (const Page::Stratum& stratum : page.strata)
    for (const char* what : {"ICC", "bias"})
      html.raw("<th scope=\"col\" class=\"number\">")
          .raw(breakable(stratum.name))
          .raw(what[0] == 'I' ? " (" + std::to_string(stratum.patients) + " patients), " : ", ")
          .raw(what)
          .raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  const auto& features = page.strata.front().rows;
  for (std::size_t f = 0; f < features.size(); ++f) {
    html.raw("<tr><th scope=\"row\">").raw(breakable(features[f].feature.id));
    if (!features[f].feature.ibsi_code.empty())
      html.element("small", features[f].feature.ibsi_code);
    html.raw("</th>");
    for (const Page::Stratum& stratum : page.strata) {
      html.estimate_cell(stratum.rows[f].icc, icc_text);
      bias_cell(html, stratum.rows[f].bias.total);
    }
    html.raw("</tr>\n");
  }
  html.raw("</tbody></table></div>\n</section>\n");
}

}  // namespace vitrine::report

#include <algorithm>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

std::string icc_text(double x) { return coefficient(x); }

/// The arms in the order of their first row.
std::vector<std::string> arms_of(const Page& page) {
  std::vector<std::string> arms;
  for (const auto& row : page.robustness)
    if (std::find(arms.begin(), arms.end(), row.arm) == arms.end()) arms.push_back(row.arm);
  return arms;
}

/// Everything that can be said of one feature's agreement, as a remark.
std::string remark(const evaluation::RobustnessRow& row) {
  return row.excluded == 0 ? std::string()
                           : vitrine::str(row.excluded, " of ", row.values, " values missing");
}

}  // namespace

void write_robustness(Html& html, const Page& page) {
  if (page.robustness.empty()) return;
  const auto arms = arms_of(page);
  open_section(html, "robustness", "Perturbed masks");
  if (!page.masks.rows.empty()) {
    html.element("h3", "What perturbations made of the masks");
    html.element("p",
                 "Means over lesions, on the grid that features are measured on. Volume: change "
                 "against the mask before its volume and contour were changed; Dice: overlap with "
                 "it. Inclusion: how much of the measured mask lies in the true one. Partial "
                 "volume: voxels of the mask that hold both lesion and background, by the object "
                 "itself.",
                 "note");
    html.table(page.masks);
  }
  html.element("h3", "Agreement over perturbations");
  html.element("p",
               "ICC(A,1) of an arm's scans over the perturbations, the unperturbed mask one of "
               "them; each arm for itself, scanners are not pooled. 95 % intervals from a "
               "bootstrap over patients. Low: the feature tells contours and positions apart "
               "rather than lesions.",
               "note");
  html.raw("<div class=\"scroll\"><table class=\"sortable\"><thead><tr>");
  html.raw("<th scope=\"col\">feature</th>");
  for (const std::string& arm : arms)
    html.raw("<th scope=\"col\" class=\"number\">").raw(breakable(arm)).raw("</th>");
  html.raw("</tr></thead><tbody>\n");
  const std::size_t features = page.robustness.size() / arms.size();  // arm by arm
  for (std::size_t f = 0; f < features; ++f) {
    const auto& first = page.robustness[f];
    html.raw("<tr><th scope=\"row\">").raw(breakable(first.feature.id));
    if (!first.feature.ibsi_code.empty()) html.element("small", first.feature.ibsi_code);
    if (const std::string text = remark(first); !text.empty())
      html.element("small", text, "remark");
    html.raw("</th>");
    for (std::size_t a = 0; a < arms.size(); ++a)
      html.estimate_cell(page.robustness[a * features + f].icc, icc_text);
    html.raw("</tr>\n");
  }
  html.raw("</tbody></table></div>\n</section>\n");
}

}  // namespace vitrine::report

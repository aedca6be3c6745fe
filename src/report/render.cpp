#include "vitrine/report/detail/assets.hpp"
#include "vitrine/report/detail/feature_data.hpp"
#include "vitrine/report/detail/page_head.hpp"
#include "vitrine/report/detail/sections.hpp"
#include "vitrine/report/page.hpp"

namespace vitrine::report {
namespace {

void write_navigation(Html& html, const Page& page) {
  html.raw("<nav aria-label=\"Sections\">");
  const auto link = [&](std::string_view id, std::string_view name) {
    html.raw("<a href=\"#").raw(id).raw("\">").raw(name).raw("</a>");
  };
  link("answer", "Answer");
  link("design", "Design");
  if (!page.arms.rows.empty()) link("arms", "Arms");
  if (!page.sites.rows.empty()) link("sites", "Sites");
  if (!page.sheets.empty()) link("images", "Images");
  if (!page.quality.arms.rows.empty() || !page.quality.figures.empty())
    link("quality", "Image quality");
  if (!page.stability.empty()) link("stability", "Stability");
  if (!page.stability.empty() && !page.factors.empty()) link("factors", "Factors");
  if (!page.variances.empty()) link("variance", "Variance");
  if (!page.preprocessed.empty()) link("preprocessing", "Preprocessing");
  if (!page.harmonised.empty()) link("harmonisation", "Harmonisation");
  if (page.signal) link("signal", "Known signal");
  if (!page.strata.empty()) link("strata", "Strata");
  if (!page.robustness.empty()) link("robustness", "Perturbed masks");
  if (!page.lesions.rows.empty()) link("lesions", "Lesions");
  if (!page.visits.rows.empty()) link("visits", "Visits");
  if (!page.contrast.rows.empty()) link("contrast", "Contrast medium");
  link("failures", "Failures");
  if (!page.limits.empty()) link("limits", "Limits");
  link("provenance", "Provenance");
  if (!page.checklists.empty()) link("reporting", "Reporting");
  html.raw("</nav>\n");
}

}  // namespace

std::string render(const Page& page) {
  Html html;
  open_page(html, page.title);
  write_navigation(html, page);
  html.raw("<main>\n");
  write_answer(html, page, summarise(page.stability, page.verdicts));
  write_design(html, page);
  write_sites(html, page);
  write_images(html, page);
  write_quality(html, page);
  write_stability(html, page);
  write_factors(html, page);
  write_variances(html, page);
  write_preprocessing(html, page);
  write_harmonisation(html, page);
  write_signal(html, page);
  write_strata(html, page);
  write_robustness(html, page);
  write_closing(html, page);
  write_checklists(html, page);
  html.raw("<section id=\"feature-page\" hidden></section>\n");
  html.raw("</main>\n<dialog id=\"viewer\"><img alt=\"\"><p></p></dialog>\n");
  html.raw("<script type=\"application/json\" id=\"data\">")
      .raw(page_data(page))
      .raw("</script>\n");
  html.raw("<script type=\"application/json-lines\" id=\"features\">")
      .raw(feature_lines(page))
      .raw("</script>\n");
  if (!page.stability.empty())
    html.raw("<script>").raw(inline_script(assets::chart_library())).raw("</script>\n");
  html.raw("<script>").raw(inline_script(assets::script())).raw("</script>\n");
  write_volume_scripts(html, page);
  html.raw("</body>\n</html>\n");
  return html.str();
}

}  // namespace vitrine::report

#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {

void write_quality(Html& html, const Page& page) {
  const Quality& quality = page.quality;
  if (quality.arms.rows.empty() && quality.figures.empty()) return;
  open_section(html, "quality", "Image quality");
  if (!quality.arms.rows.empty()) {
    html.element("p", str("Measured in the images of ", quality.subject,
                          ", at places that the phantom's own description says; every number with "
                          "its slices is in image_quality.csv, every curve in "
                          "image_quality_curves.csv. An empty cell: nothing in these slices shows "
                          "it, or the table says why it could not be measured."));
    html.table(quality.arms, "sortable");
  }
  html.raw("<div class=\"figures\">\n");
  for (const Quality::Figure& figure : quality.figures) {
    html.raw("<figure>").raw(svg_element(figure.chart));
    html.element("figcaption", figure.caption).raw("</figure>\n");
  }
  html.raw("</div>\n");
  if (!quality.inserts.rows.empty()) {
    html.element("h3", "CT numbers of the inserts");
    html.element(
        "p",
        "Means in HU. The first row is what the inserts truly are at the one photon energy that "
        "the "
        "scenario states for its truth (truth_energy_kev); a scan sees the whole spectrum of its "
        "tube, so that bone reads more at low tube voltages. What should agree between arms are "
        "the rows below it.",
        "note");
    html.table(quality.inserts, "sortable");
  }
  html.raw("</section>\n");
}

}  // namespace vitrine::report

#include <algorithm>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {

void write_checklists(Html& html, const Page& page) {
  if (page.checklists.empty()) return;
  using Filled = ReportingItem::Filled;
  open_section(html, "reporting", "Reporting guidelines");
  html.element(
      "p",
      "What a paper on this trial has to say, filled in as far as the trial knows; the "
      "words are ours, the numbers those of the guidelines. Items marked author are yours. "
      "reporting_items.csv holds the same table.",
      "note");
  html.raw(
      "<p class=\"needs-script\"><label><input type=\"checkbox\" id=\"author-items\"> Only what is "
      "left for the author</label></p>\n");
  for (const Checklist& list : page.checklists) {
    const auto of = [&](Filled filled) {
      return std::ranges::count(list.items, filled, &ReportingItem::filled);
    };
    html.raw("<details class=\"checklist\"><summary>")
        .text(str(list.name, ": ", of(Filled::by_trial), " of ", list.items.size(),
                  " items filled in, ", of(Filled::by_author), " left for the author, ",
                  of(Filled::not_applicable), " not applicable"))
        .raw("</summary>");
    html.element("p", list.source, "note");
    html.raw("<div class=\"scroll\"><table><thead><tr><th scope=\"col\">item</th>");
    html.raw("<th scope=\"col\">what is reported</th></tr></thead><tbody>\n");
    for (const ReportingItem& item : list.items) {
      html.raw("<tr class=\"item\" data-filled=\"").raw(to_string(item.filled));
      html.raw("\"><th scope=\"row\">").text(item.number).element("small", item.topic, "remark");
      html.raw("</th><td>");
      if (item.filled != Filled::by_trial)
        html.element("b", item.filled == Filled::by_author ? "author" : "not applicable",
                     item.filled == Filled::by_author ? "tag todo" : "tag")
            .raw(" ");
      html.text(item.text).raw("</td></tr>\n");
    }
    html.raw("</tbody></table></div></details>\n");
  }
  html.raw("</section>\n");
}

}  // namespace vitrine::report

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/page_head.hpp"
#include "vitrine/report/detail/sections.hpp"
#include "vitrine/report/figures.hpp"

namespace vitrine::report {
namespace {

void check(const Panel& panel, std::size_t windows) {
  require(panel.images.size() == 1 || panel.images.size() == windows, Error::Kind::data,
          "the panel '", panel.title, "' has ", panel.images.size(), " images (the page has ",
          windows, " windows). Give one, or one per window.");
  for (const std::string& image : panel.images)
    require(image.starts_with("data:image/"), Error::Kind::data, "an image of the panel '",
            panel.title, "' is not a data URI (a report loads nothing). Embed it.");
}

void write_panel(Html& html, const Panel& panel, std::string_view sheet) {
  html.raw("<figure>");
  for (std::size_t w = 0; w < panel.images.size(); ++w) {
    html.raw("<img");
    if (panel.images.size() > 1) html.raw(" class=\"window").raw(std::to_string(w)).raw("\"");
    html.raw(" alt=\"").text(sheet).raw(", ").text(panel.title).raw("\" src=\"");
    html.text(panel.images[w]).raw("\">");
  }
  html.raw("<figcaption><b>").raw(breakable(panel.title)).raw("</b>");
  if (!panel.note.empty()) html.raw(" ").element("span", panel.note);
  html.raw("</figcaption></figure>\n");
}

/// A slider with its number; report.js fills the number in.
void write_slider(Html& html, std::string_view id, std::string_view label, int low, int high,
                  int value, std::string_view unit) {
  html.raw("<label>").text(label).raw(" <input type=\"range\" id=\"").raw(id);
  html.raw(str("\" min=\"", low, "\" max=\"", high, "\" value=\"", value, "\"> <output for=\""));
  html.raw(id).raw("\"></output>").text(unit).raw("</label>\n");
}

/// Slices of every arm on canvases that one set of sliders moves; each holds its picture as data.
void write_stacks(Html& html, const Stacks& stacks) {
  if (stacks.arms.empty()) return;
  html.raw("<div class=\"sheet small stacks needs-script\" id=\"stacks\">");
  html.element("h3", "Slices of every arm, one window for all");
  html.element("p", stacks.caption, "note");
  html.raw("<div class=\"sliders\">");
  write_slider(html, "stack-slice", "Slice", 1, stacks.slices, (stacks.slices + 1) / 2, "");
  write_slider(html, "stack-level", "Level", -1000, 1000, -600, " HU");
  write_slider(html, "stack-width", "Width", 20, 2600, 1500, " HU");
  for (const Window& window : {lung_window(), mediastinum_window(), bone_window()})
    html.raw(str("<button type=\"button\" data-level=\"", int(window.level), "\" data-width=\"",
                 int(window.width), "\">"))
        .text(window.name)
        .raw("</button>");
  html.raw("</div>\n<div class=\"panels\">\n");
  for (const Stack& stack : stacks.arms) {
    require(stack.image.starts_with("data:image/"), Error::Kind::data, "the slices of the arm '",
            stack.title, "' are not a data URI (a report loads nothing). Embed them.");
    html.raw("<figure><canvas role=\"img\" aria-label=\"slices, ").text(stack.title);
    html.raw("\" data-slices=\"").raw(std::to_string(stacks.slices)).raw("\" data-stack=\"");
    html.text(stack.image).raw("\"></canvas><figcaption><b>").raw(breakable(stack.title));
    html.raw("</b>");
    if (!stack.note.empty()) html.raw(" ").element("span", stack.note);
    html.raw("</figcaption></figure>\n");
  }
  html.raw("</div>\n");
  write_volume(html, stacks);
  html.raw("</div>\n");
}

}  // namespace

void write_sheet(Html& html, const Sheet& sheet, std::size_t windows) {
  html.raw("<div class=\"sheet").raw(sheet.small ? " small" : "").raw("\">");
  html.element("h3", sheet.title);
  if (!sheet.caption.empty()) html.element("p", sheet.caption, "note");
  html.raw("<div class=\"panels\">\n");
  for (const Panel& panel : sheet.panels) {
    check(panel, windows);
    write_panel(html, panel, sheet.title);
  }
  html.raw("</div></div>\n");
}

/// The switch is a row of radio buttons before the sheets, so that it works without scripts and one
/// click changes every image.
void write_images(Html& html, const Page& page) {
  if (page.sheets.empty()) return;
  open_section(html, "images", "Images");
  html.raw("<style>\n");
  for (std::size_t shown = 0; shown < page.windows.size(); ++shown) {
    const std::string chosen = "#window" + std::to_string(shown) + ":checked~";
    for (std::size_t other = 0; other < page.windows.size(); ++other)
      if (other != shown)
        html.raw(chosen + ".sheet .window" + std::to_string(other) + "{display:none}\n");
    html.raw(chosen + ".switch label[for=window" + std::to_string(shown) +
             "]{background:var(--accent);color:var(--page)}\n");
  }
  html.raw("</style>\n");
  for (std::size_t w = 0; w < page.windows.size(); ++w)
    html.raw("<input type=\"radio\" name=\"window\" class=\"hidden\" id=\"window")
        .raw(std::to_string(w))
        .raw(w == 0 ? "\" checked>" : "\">");
  html.raw("<div class=\"switch\">");
  if (!page.windows.empty()) html.raw("<span>Window of all images:</span>");
  for (std::size_t w = 0; w < page.windows.size(); ++w)
    html.raw("<label for=\"window")
        .raw(std::to_string(w))
        .raw("\">")
        .text(page.windows[w])
        .raw("</label>");
  html.raw("</div>\n");
  for (const Sheet& sheet : page.sheets) write_sheet(html, sheet, page.windows.size());
  write_stacks(html, page.stacks);
  html.raw("</section>\n");
}

}  // namespace vitrine::report

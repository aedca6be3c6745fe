#include <catch2/catch.hpp>

#include "vitrine/report/detail/assets.hpp"
#include "vitrine/report/page.hpp"

using namespace vitrine::report;

namespace {

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the viewer of volumes comes with slices to view, and its licence with it") {
  Page page;
  page.sheets = {{"One patient in every arm", "", {}, false}};
  page.stacks = {"slices", 9, 96.0, 2.5, {{"soft", "", "data:image/png;base64,"}}};
  const bool built_with_it = !assets::volume_library().empty();
  const std::string html = render(page);
  CHECK(has(html, "<div id=\"volume\" data-edge-mm=\"96\" data-slice-mm=\"2.5\">") ==
        built_with_it);
  CHECK(has(html, "<option>soft</option>") == built_with_it);
  CHECK(has(html, "Copyright (c) 2021, Niivue") == built_with_it);
  CHECK(has(html, assets::volume_script()) == built_with_it);
  page.stacks = {};
  CHECK_FALSE(has(render(page), "id=\"volume"));
  CHECK_FALSE(has(render(page), "Niivue"));
}

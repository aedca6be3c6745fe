#include "vitrine/report/detail/assets.hpp"
#include "vitrine/report/detail/sections.hpp"

namespace vitrine::report {
namespace {

/// Goes with every copy.
constexpr std::string_view licence =
    R"(<!-- The next script is NiiVue 0.69.0 (niivue.com):
BSD 2-Clause License. Copyright (c) 2021, Niivue. All rights reserved.
Redistribution and use in source and binary forms, with or without modification, are permitted provided that the following
conditions are met:
1. Redistributions of source code must retain the above copyright notice, this list of conditions and the following
disclaimer.
2. Redistributions in binary form must reproduce the above copyright notice, this list of conditions and the following
disclaimer in the documentation and/or other materials provided with the distribution.
THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS AND CONTRIBUTORS "AS IS" AND ANY EXPRESS OR IMPLIED WARRANTIES, INCLUDING,
BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND FITNESS FOR A PARTICULAR PURPOSE ARE DISCLAIMED. IN NO EVENT
SHALL THE COPYRIGHT HOLDER OR CONTRIBUTORS BE LIABLE FOR ANY DIRECT, INDIRECT, INCIDENTAL, SPECIAL, EXEMPLARY, OR CONSEQUENTIAL
DAMAGES (INCLUDING, BUT NOT LIMITED TO, PROCUREMENT OF SUBSTITUTE GOODS OR SERVICES; LOSS OF USE, DATA, OR PROFITS; OR BUSINESS
INTERRUPTION) HOWEVER CAUSED AND ON ANY THEORY OF LIABILITY, WHETHER IN CONTRACT, STRICT LIABILITY, OR TORT (INCLUDING
NEGLIGENCE OR OTHERWISE) ARISING IN ANY WAY OUT OF THE USE OF THIS SOFTWARE, EVEN IF ADVISED OF THE POSSIBILITY OF SUCH DAMAGE. -->
)";

}  // namespace

void write_volume(Html& html, const Stacks& stacks) {
  if (assets::volume_library().empty()) return;
  html.raw("<div id=\"volume\" data-edge-mm=\"").raw(json_number(stacks.edge_mm));
  html.raw("\" data-slice-mm=\"").raw(json_number(stacks.slice_mm));
  html.raw("\"><label>Arm <select>");
  for (const Stack& stack : stacks.arms) html.element("option", stack.title);
  html.raw(
      "</select></label> <button type=\"button\">Show in three planes</button> <output></output>");
  html.raw("<div hidden><canvas></canvas></div></div>\n");
}

void write_volume_scripts(Html& html, const Page& page) {
  if (page.sheets.empty() || page.stacks.arms.empty() || assets::volume_library().empty()) return;
  html.raw(licence).raw("<script type=\"application/gzip\" id=\"volume-library\">");
  html.raw(assets::volume_library()).raw("</script>\n");
  html.raw("<script>").raw(inline_script(assets::volume_script())).raw("</script>\n");
}

}  // namespace vitrine::report

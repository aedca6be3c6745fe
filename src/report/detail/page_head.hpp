#pragma once
#include <string_view>

#include "vitrine/report/detail/html.hpp"
#include "vitrine/report/page.hpp"

namespace vitrine::report {

/// A page up to its open <body>, with the styles of all pages.
void open_page(Html& html, std::string_view title);

/// Images side by side, each with its title. `windows`: how many each panel has, if not one.
void write_sheet(Html& html, const Sheet& sheet, std::size_t windows);

}  // namespace vitrine::report

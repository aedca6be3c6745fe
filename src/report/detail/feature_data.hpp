#pragma once
#include <string>

#include "vitrine/report/page.hpp"

namespace vitrine::report {

/// What charts, filters and the feature pages of report.js draw, as JSON that is safe inside a
/// script element: one object, with a row for every feature.
std::string page_data(const Page& page);

/// One line of JSON a feature, which the page reads when the feature's own page is opened.
std::string feature_lines(const Page& page);

}  // namespace vitrine::report

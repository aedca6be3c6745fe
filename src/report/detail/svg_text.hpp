#pragma once
#include <string>

namespace vitrine::report {

/// A number with so many decimals.
std::string fixed(double v, int digits);

/// A text of a drawing, escaped; `more` holds further attributes.
std::string svg_text(double x, double y, const char* anchor, const std::string& what,
                     const std::string& more = {});

/// Colours of parts of a whole and of lines, told apart by readers with any colour vision (Okabe
/// and Ito); they come again after six.
const char* part_colour(std::size_t part);

}  // namespace vitrine::report

#include "vitrine/report/detail/svg_text.hpp"

#include <array>
#include <cstdio>

#include "vitrine/core/error.hpp"
#include "vitrine/report/detail/html.hpp"

namespace vitrine::report {

std::string fixed(double v, int digits) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.*f", digits, v);
  return text.data();
}

std::string svg_text(double x, double y, const char* anchor, const std::string& what,
                     const std::string& more) {
  return str("<text x=\"", fixed(x, 1), "\" y=\"", fixed(y, 1), "\" text-anchor=\"", anchor, "\"",
             more, ">", escape(what), "</text>\n");
}

const char* part_colour(std::size_t part) {
  constexpr std::array<const char*, 6> colours = {"#0072B2", "#D55E00", "#009E73",
                                                  "#CC79A7", "#E69F00", "#56B4E9"};
  return colours[part % colours.size()];
}

}  // namespace vitrine::report

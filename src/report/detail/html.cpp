#include "vitrine/report/detail/html.hpp"

#include <charconv>
#include <cmath>

#include "vitrine/core/value.hpp"

namespace vitrine::report {
namespace {

/// With a true minus sign; the input is ASCII from to_chars.
std::string typeset(std::string_view ascii) {
  std::string out;
  for (const char c : ascii) {
    if (c == '-')
      out += "\u2212";
    else
      out += c;
  }
  return out;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char c : text) switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  return out;
}

std::string brief(double number, int digits) {
  if (std::isnan(number)) return "\u2013";
  if (std::isinf(number)) return number > 0.0 ? "\u221e" : "\u2212\u221e";
  if (number == 0.0) return "0";
  char buffer[64];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number,
                                 std::chars_format::scientific, digits - 1)
                       .ptr;
  // The exponent after rounding: 9.996 to three digits is 10.0.
  const std::string_view shown(buffer, std::size_t(end - buffer));
  const auto at = shown.find('e');
  int exponent = 0;
  const char* first = shown.data() + at + (shown[at + 1] == '+' ? 2 : 1);
  std::from_chars(first, end, exponent);
  if (exponent >= 7 || exponent < -4)
    return typeset(shown.substr(0, at)) + "\u00d710<sup>" + typeset(std::to_string(exponent)) +
           "</sup>";
  const int decimals = std::max(0, digits - 1 - exponent);
  const auto fixed =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed, decimals).ptr;
  return typeset({buffer, std::size_t(fixed - buffer)});
}

std::string plain(double number, int digits) {
  std::string shown = brief(number, digits);
  if (shown.find('.') == std::string::npos || shown.find('<') != std::string::npos) return shown;
  shown.erase(shown.find_last_not_of('0') + 1);
  if (shown.back() == '.') shown.pop_back();
  return shown;
}

std::string coefficient(double number, int decimals) {
  // Of so large a number decimals say nothing, and its digits fit in no buffer.
  if (std::isnan(number) || std::fabs(number) >= 1e7) return brief(number);
  char buffer[64];
  const auto end =
      std::to_chars(buffer, buffer + sizeof buffer, number, std::chars_format::fixed, decimals).ptr;
  const std::string_view shown(buffer, std::size_t(end - buffer));
  const bool full = shown.starts_with("1.") || shown.starts_with("-1.");
  if (!full || std::fabs(number) > 1.0 - 1e-9) return typeset(shown);
  const std::string almost = "0." + std::string(std::size_t(decimals), '9');
  return number > 0.0 ? "&gt;\u202f" + almost : "&lt;\u202f\u2212" + almost;
}

std::string breakable(std::string_view text) {
  std::string out;
  for (const char c : escape(text)) {
    out += c;
    if (c == '_' || c == '/' || c == '.') out += "<wbr>";
  }
  return out;
}

std::string interval(const evaluation::Estimate& e, Show show) {
  return show(e.low) + " to " + show(e.high);
}

std::string percent(double fraction, int digits) {
  if (std::isnan(fraction)) return brief(fraction);
  return brief(100.0 * fraction, digits) + " %";
}

std::string json_text(std::string_view text) {
  // Inside <script> an "<" could open a comment or end the element.
  std::string out;
  for (const char c : to_json(Value(std::string(text)))) {
    if (c == '<')
      out += "\\u003c";
    else
      out += c;
  }
  return out;
}

std::string json_number(double number) { return to_json(Value(number)); }

std::string inline_script(std::string_view script) {
  std::string out;
  out.reserve(script.size());
  for (std::size_t i = 0; i < script.size(); ++i) {
    out += script[i];
    // "</" only occurs inside strings and regular expressions of our scripts, where "<\/" is equal.
    if (script[i] == '<' && i + 1 < script.size() && script[i + 1] == '/') out += '\\';
  }
  return out;
}

Html& Html::element(std::string_view tag, std::string_view plain, std::string_view style) {
  text_ += '<';
  text_ += tag;
  if (!style.empty()) raw(" class=\"").text(style).raw("\"");
  raw(">").text(plain).raw("</");
  return raw(tag).raw(">");
}

Html& Html::number_cell(double value, std::string_view shown) {
  raw("<td class=\"number\"");
  if (!std::isnan(value)) raw(" data-value=\"").raw(to_text(value)).raw("\"");
  return raw(">").raw(shown).raw("</td>");
}

Html& Html::estimate_cell(const evaluation::Estimate& e, Show show) {
  if (!e.has_value())
    return raw("<td class=\"number withheld\" title=\"").text(e.reason).raw("\">withheld</td>");
  std::string shown = show(e.value);
  if (e.has_interval())
    shown += "<small>" + interval(e, show) + "</small>";
  else if (!e.reason.empty())
    shown += "<small title=\"" + escape(e.reason) + "\">no interval</small>";
  return number_cell(e.value, shown);
}

Html& Html::table(const Table& table, std::string_view style) {
  raw("<div class=\"scroll\"><table class=\"").text(style).raw("\"><thead><tr>");
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    const bool numbers = !table.rows.empty() && std::holds_alternative<double>(table.rows[0][c]);
    raw("<th scope=\"col\"").raw(numbers ? " class=\"number\">" : ">").text(table.columns[c]);
    raw("</th>");
  }
  raw("</tr></thead><tbody>");
  for (const auto& row : table.rows) {
    raw("<tr>");
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (const auto* number = std::get_if<double>(&row[c]))
        number_cell(*number, plain(*number));
      else if (c == 0)
        raw("<th scope=\"row\">").raw(breakable(std::get<std::string>(row[c]))).raw("</th>");
      else
        element("td", std::get<std::string>(row[c]));
    }
    raw("</tr>\n");
  }
  return raw("</tbody></table></div>\n");
}

}  // namespace vitrine::report

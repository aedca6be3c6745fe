#pragma once
#include <string>
#include <string_view>

#include "vitrine/core/table.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::report {

/// Text as HTML: the five characters that mean something are escaped.
std::string escape(std::string_view text);
/// A number for people, as markup: `digits` significant ones, a true minus sign, "–" for NaN.
std::string brief(double number, int digits = 3);
/// The same without trailing zeros: for numbers that someone chose.
std::string plain(double number, int digits = 4);
/// A correlation or ICC: fixed decimals, and "> 0.999" for what is not quite 1.
std::string coefficient(double number, int decimals = 3);
/// Escaped text that may break after an underscore, a slash or a dot.
std::string breakable(std::string_view text);
/// A fraction as percent: `brief` of it and a percent sign.
std::string percent(double fraction, int digits = 2);
/// A JSON string literal that is safe inside a script element.
std::string json_text(std::string_view text);
/// A JSON number; null for NaN.
std::string json_number(double number);
/// Script or style text that cannot end its own element.
std::string inline_script(std::string_view script);

/// How a number is shown.
using Show = std::string (*)(double);

/// "low to high".
std::string interval(const evaluation::Estimate& estimate, Show show);

/// Builds markup. What is named `raw` is trusted; all else is escaped.
class Html {
 public:
  Html& raw(std::string_view markup) {
    text_ += markup;
    return *this;
  }
  Html& text(std::string_view plain) { return raw(escape(plain)); }
  /// <tag class="style">plain</tag>
  Html& element(std::string_view tag, std::string_view plain, std::string_view style = {});
  /// A numeric cell that sorts by its value.
  Html& number_cell(double value, std::string_view shown);
  /// A cell with an estimate, its interval below in small type, or "withheld" and why.
  Html& estimate_cell(const evaluation::Estimate& estimate, Show show);
  /// A whole table; numbers to the right, the first column stays in view.
  Html& table(const Table& table, std::string_view style = {});

  const std::string& str() const { return text_; }

 private:
  std::string text_;
};

}  // namespace vitrine::report

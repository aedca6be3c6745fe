#include "vitrine/config/plain.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

namespace vitrine::config {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::string lower(std::string_view word) {
  std::string text(word);
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::size_t count_digits(std::string_view word, std::size_t from) {
  const auto end = std::find_if_not(word.begin() + std::ptrdiff_t(from), word.end(), is_digit);
  return std::size_t(end - word.begin()) - from;
}

/// The parts of [0-9]* [. [0-9]*] [e [+-] [0-9]+], if `word` (without its sign) is just that.
struct Decimal {
  bool matches = false;
  std::size_t whole_digits = 0;
  bool is_whole = false;

  explicit Decimal(std::string_view word) {
    std::size_t at = whole_digits = count_digits(word, 0);
    std::size_t digits = whole_digits;
    is_whole = true;
    if (at < word.size() && word[at] == '.') {
      is_whole = false;
      const std::size_t fraction = count_digits(word, at + 1);
      digits += fraction;
      at += 1 + fraction;
    }
    if (digits == 0) return;
    if (at < word.size() && (word[at] == 'e' || word[at] == 'E')) {
      is_whole = false;
      ++at;
      if (at < word.size() && (word[at] == '+' || word[at] == '-')) ++at;
      const std::size_t exponent = count_digits(word, at);
      if (exponent == 0) return;
      at += exponent;
    }
    matches = at == word.size();
  }
};

/// Why a word that looks like a number to some readers is refused, or "".
std::string number_trap(std::string_view word, std::string_view digits) {
  const auto refused = [&](std::string_view why, std::string_view way_out) {
    return str('\'', excerpt(word), "' is refused (", why, "). ", way_out);
  };
  if (is_one_of(lower(digits), {".nan", ".inf", "nan", "inf", "infinity"}))
    return refused("every number must be finite", "Write a finite number.");
  if (digits.empty() || !is_digit(digits.front())) return {};

  constexpr std::string_view decimal = "Write a decimal number, or put text in quotes.";
  if (digits.size() > 2 && digits[0] == '0' &&
      std::isalpha(static_cast<unsigned char>(digits[1])) &&
      is_one_of(lower(digits.substr(1, 1)), {"x", "o", "b"}) &&
      digits.find_first_not_of("0123456789abcdefABCDEF_", 2) == std::string_view::npos)
    return refused("hexadecimal, octal and binary numbers are not read", decimal);
  if (digits.find_first_not_of("0123456789._") == std::string_view::npos &&
      digits.find('_') != std::string_view::npos)
    return refused("readers disagree about '_' in a number",
                   "Leave the '_' out, or put text in quotes.");
  if (digits.find_first_not_of("0123456789.:") == std::string_view::npos &&
      digits.find(':') != std::string_view::npos)
    return refused("some readers take it for a number to the base 60", decimal);
  if (const auto comma = digits.find(',');
      comma != std::string_view::npos &&
      digits.find_first_not_of("0123456789.,") == std::string_view::npos)
    return refused("a ',' is no decimal point", "Write a point, or put text in quotes.");
  if (digits.find_first_not_of("0123456789.eE+- ") == std::string_view::npos &&
      digits.find(' ') != std::string_view::npos)
    return refused("these are several numbers", "Separate them by ', ', or put text in quotes.");
  return {};
}

Value read_number(std::string_view word, std::string_view digits, const Decimal& decimal,
                  std::string& problem) {
  if (decimal.whole_digits > 1 && digits[0] == '0') {
    problem = str('\'', excerpt(word), "' is refused (some readers take a leading 0 for octal). ",
                  "Leave the 0 out, or put text in quotes.");
    return {};
  }
  const std::string_view unsigned_or_minus = word[0] == '+' ? digits : word;
  double number = 0.0;
  const auto [end, error] = std::from_chars(
      unsigned_or_minus.data(), unsigned_or_minus.data() + unsigned_or_minus.size(), number);
  if (error != std::errc{} || !std::isfinite(number)) {
    problem =
        str('\'', excerpt(word), "' is outside what a number can hold (about 1e-308 to 1e308).");
    return {};
  }
  constexpr double largest = 9007199254740992.0;  // 2^53: above it a double skips integers
  if (decimal.is_whole && std::abs(number) > largest) {
    problem = str('\'', excerpt(word), "' is too long a whole number (digits are lost above ",
                  "9007199254740992). Write fewer digits.");
    return {};
  }
  return Value(number);
}

}  // namespace

Value read_plain(std::string_view word, std::string& problem) {
  if (word == "true") return Value(true);
  if (word == "false") return Value(false);
  const std::string low = lower(word);
  if (is_one_of(low, {"true", "yes", "on"}) || is_one_of(low, {"false", "no", "off"})) {
    problem =
        str('\'', excerpt(word),
            "' is refused (readers disagree whether it is true/false or text). Write ",
            is_one_of(low, {"true", "yes", "on"}) ? "true" : "false", ", or put text in quotes.");
    return {};
  }
  if (word.empty()) return Value(std::string());
  if (word[0] == ':') {
    problem = str('\'', excerpt(word),
                  "' is refused (readers disagree about text that begins with ':'). ",
                  "Write KEY: VALUE with a space, or put text in quotes.");
    return {};
  }
  const std::string_view digits = word[0] == '+' || word[0] == '-' ? word.substr(1) : word;
  if (const Decimal decimal(digits); decimal.matches)
    return read_number(word, digits, decimal, problem);
  problem = number_trap(word, digits);
  return problem.empty() ? Value(std::string(word)) : Value();
}

namespace {

/// True if `text` could be read as something else, or end early, without quotes.
bool needs_quotes(std::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ') return true;
  if (is_one_of(lower(text), {"null", "~"})) return true;
  if (text.find_first_of("\n\t\r\"\\,[]{}#?") != std::string_view::npos) return true;
  if (text.find(": ") != std::string_view::npos || text.back() == ':') return true;
  if (std::string_view("&*!|>'%@`?-:<=.").find(text.front()) != std::string_view::npos) return true;
  std::string problem;
  return !read_plain(text, problem).as<std::string>();
}

std::string word(std::string_view text) {
  return needs_quotes(text) ? to_json(Value(std::string(text))) : std::string(text);
}

}  // namespace

std::string to_yaml(const Value& value) {
  std::string text;
  if (const auto* string = value.as<std::string>()) return word(*string);
  if (const auto* list = value.as<Value::List>()) {
    for (const Value& item : *list) text += str(text.empty() ? "" : ", ", to_yaml(item));
    return str('[', text, ']');
  }
  if (const auto* map = value.as<Value::Map>()) {
    for (const auto& member : *map)
      text += str(text.empty() ? "" : ", ", word(member.key), ": ", to_yaml(member.value));
    return str('{', text, '}');
  }
  return to_json(value);
}

std::string excerpt(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::string out;
  std::size_t characters = 0;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    const bool begins = (code & 0xC0) != 0x80;  // not a continuation byte of UTF-8
    if (begins && ++characters > longest) return out + "...";
    out += code < 0x20 || code == 0x7F ? ' ' : c;
  }
  return out;
}

}  // namespace vitrine::config

#pragma once
#include <string>
#include <string_view>

#include "vitrine/core/value.hpp"

namespace vitrine::config {

/// What a word without quotes stands for: true, false, a decimal number or text.
///
/// Words that YAML readers disagree about (`yes`, `010`, `1:30`, `1_000`, `.nan`, ...) leave the
/// result empty and put the problem and the way out into `problem`.
Value read_plain(std::string_view word, std::string& problem);

/// `value` on one line of YAML, `{uniform: [4, 12]}`, with quotes only where they are needed.
std::string to_yaml(const Value& value);

/// The first 40 characters of `text` on one line, for use inside a message.
std::string excerpt(std::string_view text);

}  // namespace vitrine::config

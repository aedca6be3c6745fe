#pragma once
#include <string>
#include <vector>

namespace vitrine {

/// Names as a sentence has them: `a`, `a and b`, `a, b and c`.
inline std::string listing(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += (i == 0 ? "" : i + 1 == names.size() ? " and " : ", ") + names[i];
  return text;
}

}  // namespace vitrine

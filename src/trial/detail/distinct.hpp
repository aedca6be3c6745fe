#pragma once
#include <algorithm>
#include <vector>

namespace vitrine::trial::detail {

/// Whether no two are equal.
template <class T>
bool distinct(std::vector<T> items) {
  std::ranges::sort(items);
  return std::ranges::adjacent_find(items) == items.end();
}

}  // namespace vitrine::trial::detail

#pragma once
#include <algorithm>
#include <cstddef>
#include <span>

namespace vitrine::physics::detail {

/// Which two of some ascending places a place lies between, and its share of the second. Beyond
/// the first and the last it is at them.
struct Between {
  std::size_t first = 0;
  double share = 0.0;
  std::size_t second() const { return share > 0.0 ? first + 1 : first; }
  double of(double a, double b) const { return a + share * (b - a); }
};

inline Between between(std::span<const double> places, double place) {
  if (places.size() < 2 || place <= places.front()) return {};
  std::size_t i = 0;
  while (i + 2 < places.size() && places[i + 1] <= place) ++i;
  return {i, std::min(1.0, (place - places[i]) / (places[i + 1] - places[i]))};
}

}  // namespace vitrine::physics::detail

#pragma once
#include <algorithm>
#include <cstddef>
#include <span>

#include "vitrine/core/error.hpp"

namespace vitrine {

/// Value at `x` of the cubic through points (xs, ys) that rises and falls where they do (Fritsch
/// and Butland 1984: tangents are harmonic means of the neighbouring slopes; 0 at the first point).
/// `xs` ascend; the first and the last value hold beyond them.
inline double monotone_cubic(std::span<const double> xs, std::span<const double> ys, double x) {
  VITRINE_EXPECT(!xs.empty() && xs.size() == ys.size());
  if (x >= xs.back()) return ys.back();
  if (x <= xs.front()) return ys.front();
  const auto i = std::size_t(std::ranges::upper_bound(xs, x) - xs.begin()) - 1;
  const auto slope = [&](std::size_t k) { return (ys[k + 1] - ys[k]) / (xs[k + 1] - xs[k]); };
  const auto tangent = [&](std::size_t k) {
    if (k == 0) return 0.0;
    if (k + 1 == xs.size()) return slope(k - 1);
    const double before = slope(k - 1), after = slope(k);
    return before * after <= 0.0 ? 0.0 : 2.0 * before * after / (before + after);
  };
  const double h = xs[i + 1] - xs[i], t = (x - xs[i]) / h, r = 1.0 - t;
  return ys[i] * r * r * (1.0 + 2.0 * t) + ys[i + 1] * t * t * (1.0 + 2.0 * r) +
         h * t * r * (r * tangent(i) - t * tangent(i + 1));
}

}  // namespace vitrine

#include "vitrine/evaluation/multiplicity.hpp"

#include <algorithm>
#include <cmath>

namespace vitrine::evaluation {

std::vector<double> adjusted(std::span<const double> p, Adjustment adjustment) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i)
    if (!std::isnan(p[i])) order.push_back(i);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return p[a] < p[b]; });
  std::vector<double> result(p.size(), NAN);
  const std::size_t m = order.size();
  if (adjustment == Adjustment::holm) {
    double largest = 0.0;
    for (std::size_t i = 0; i < m; ++i) {
      largest = std::max(largest, double(m - i) * p[order[i]]);
      result[order[i]] = std::min(1.0, largest);
    }
    return result;
  }
  double factor = double(m);
  if (adjustment == Adjustment::benjamini_yekutieli) {
    double harmonic = 0.0;
    for (std::size_t i = 1; i <= m; ++i) harmonic += 1.0 / double(i);
    factor *= harmonic;
  }
  double smallest = 1.0;
  for (std::size_t i = m; i-- > 0;) {
    smallest = std::min(smallest, factor / double(i + 1) * p[order[i]]);
    result[order[i]] = smallest;
  }
  return result;
}

}  // namespace vitrine::evaluation

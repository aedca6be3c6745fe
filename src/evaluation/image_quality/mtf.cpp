#include "vitrine/evaluation/image_quality/mtf.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace vitrine::evaluation {

double Mtf::at(double f) const {
  if (frequency.size() < 2 || f > frequency.back()) return 0.0;
  const double position = std::max(0.0, f) / frequency[1];
  const std::size_t left = std::min(std::size_t(position), frequency.size() - 2);
  const double w = position - double(left);
  return (1.0 - w) * value[left] + w * value[left + 1];
}

double Mtf::frequency_at(double level) const {
  const auto top = std::size_t(std::max_element(value.begin(), value.end()) - value.begin());
  for (std::size_t i = top + 1; i < value.size(); ++i)
    if (value[i] <= level && value[i - 1] > level) {
      const double w = (value[i - 1] - level) / (value[i - 1] - value[i]);
      return frequency[i - 1] + w * (frequency[i] - frequency[i - 1]);
    }
  return std::numeric_limits<double>::quiet_NaN();
}

double Mtf::peak() const { return *std::max_element(value.begin(), value.end()); }

double Mtf::peak_frequency() const {
  return frequency[std::size_t(std::max_element(value.begin(), value.end()) - value.begin())];
}

}  // namespace vitrine::evaluation

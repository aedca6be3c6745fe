#include "vitrine/radiomics/detail/sample.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>

namespace vitrine::radiomics {

template <class Number>
SampleOf<Number>::SampleOf(std::vector<Number> ascending) : sorted(std::move(ascending)) {
  const double n = double(sorted.size());
  for (const Number x : sorted) sum += x;
  mean = sum / n;
  for (const Number x : sorted) {
    const double d = x - mean, d2 = d * d;
    variance += d2;
    third += d2 * d;
    fourth += d2 * d2;
    energy += double(x) * double(x);
  }
  variance /= n;
  third /= n;
  fourth /= n;
  flat = sorted.front() == sorted.back();
}

template <class Number>
double SampleOf<Number>::quantile(double p) const {
  const double at = p * double(sorted.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const std::size_t above = std::min(below + 1, sorted.size() - 1);
  return sorted[below] + (at - double(below)) * (double(sorted[above]) - double(sorted[below]));
}

template <class Number>
double SampleOf<Number>::mean_distance_to(double centre) const {
  double total = 0;
  for (const Number x : sorted) total += std::abs(x - centre);
  return total / double(sorted.size());
}

Result skewness(const Sample& x) {
  if (x.flat) return Result::undefined(reason::flat_region);
  return x.third / (x.variance * std::sqrt(x.variance));
}

Result kurtosis(const Sample& x) {
  if (x.flat) return Result::undefined(reason::flat_region);
  return x.fourth / (x.variance * x.variance) - 3;
}

template <class Number>
double robust_mean_absolute_deviation(const SampleOf<Number>& x) {
  const double low = x.quantile(0.1), high = x.quantile(0.9);
  double sum = 0, deviation = 0;
  std::int64_t n = 0;
  for (const Number v : x.sorted)
    if (v >= low && v <= high) {
      sum += v;
      ++n;
    }
  if (n == 0) return 0;  // two far values and nothing between the percentiles
  const double mean = sum / double(n);
  for (const Number v : x.sorted)
    if (v >= low && v <= high) deviation += std::abs(v - mean);
  return deviation / double(n);
}

Result coefficient_of_variation(const Sample& x) {
  if (x.mean == 0) return Result::undefined(reason::zero_mean);
  return std::sqrt(x.variance) / x.mean;
}

Result quartile_coefficient_of_dispersion(const Sample& x) {
  const double low = x.quantile(0.25), high = x.quantile(0.75);
  if (low + high == 0) return Result::undefined(reason::zero_mean);
  return (high - low) / (high + low);
}

template struct SampleOf<float>;
template struct SampleOf<double>;
template double robust_mean_absolute_deviation(const SampleOf<float>&);
template double robust_mean_absolute_deviation(const SampleOf<double>&);

}  // namespace vitrine::radiomics

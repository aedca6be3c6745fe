#include "vitrine/evaluation/several_readers.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/detail/two_classes.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// The variance of a mean over readers and patients, and its degrees of freedom.
struct Variance {
  double value = 0.0, degrees = 0.0;

  Variance(std::span<const Estimate> each, double mean,
           std::span<const std::vector<double>> influence) {
    const double r = double(each.size());
    double spread = 0.0;
    for (const Estimate& one : each) spread += (one.value - mean) * (one.value - mean);
    spread /= r - 1.0;
    // The covariances of all pairs are the square of the sum less the squares.
    double pairs = 0.0;
    for (std::size_t p = 0; p < influence.front().size(); ++p) {
      double sum = 0.0, squares = 0.0;
      for (const std::vector<double>& its : influence) {
        sum += its[p];
        squares += its[p] * its[p];
      }
      pairs += sum * sum - squares;
    }
    const double whole = spread + std::max(pairs / (r - 1.0), 0.0);
    value = whole / r;
    // With a million degrees Student's t is the normal distribution.
    constexpr double most_degrees = 1e6;
    degrees = most_degrees;
    if (spread > 0.0)
      degrees = std::min((r - 1.0) * (whole / spread) * (whole / spread), most_degrees);
  }
};

/// The mean of a quantity of each reader, and what each patient adds to the error of each.
Estimate over_readers(std::span<const Estimate> each,
                      std::span<const std::vector<double>> influence, double confidence,
                      bool is_area) {
  Estimate result;
  result.value = 0.0;
  for (const Estimate& one : each) {
    if (!one.has_value()) return one;
    if (result.reason.empty() && !one.has_interval()) result.reason = one.reason;
    result.value += one.value / double(each.size());
  }
  if (each.size() < 2) result.reason = "no interval: it takes two readers at least";
  if (!result.reason.empty()) return result;
  const Variance variance(each, result.value, influence);
  const double quantile = student_t_quantile(0.5 + 0.5 * confidence, variance.degrees);
  const double error = std::sqrt(variance.value);
  if (!is_area) return detail::on_scale(result.value, error, quantile, Scale::plain());
  return detail::on_scale(result.value, error / (result.value * (1.0 - result.value)), quantile,
                          Scale::between(0.0, 1.0));
}

}  // namespace

Estimate mean_over_readers(std::span<const RocArea> readers, double confidence) {
  VITRINE_EXPECT(!readers.empty());
  std::vector<Estimate> each;
  std::vector<std::vector<double>> influence;
  for (const RocArea& area : readers) {
    each.push_back(area_interval(area, confidence));
    influence.push_back(area.influence);
  }
  return over_readers(each, influence, confidence, true);
}

Estimate difference_over_readers(std::span<const RocArea> a, std::span<const RocArea> b,
                                 double confidence) {
  VITRINE_EXPECT(!a.empty() && a.size() == b.size());
  std::vector<Estimate> each;
  std::vector<std::vector<double>> influence;
  for (std::size_t r = 0; r < a.size(); ++r) {
    each.push_back(area_difference(a[r], b[r], confidence));
    influence.push_back(a[r].influence);
    for (std::size_t p = 0; p < influence.back().size(); ++p)
      influence.back()[p] -= b[r].influence[p];
  }
  return over_readers(each, influence, confidence, false);
}

}  // namespace vitrine::evaluation

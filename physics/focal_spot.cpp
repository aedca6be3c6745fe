#include "vitrine/physics/focal_spot.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "vitrine/core/error.hpp"
#include "vitrine/core/math.hpp"

namespace vitrine::physics {
namespace {

/// Standard deviation of a Gaussian of full width at half maximum 1.
double gaussian_deviation() { return 1.0 / std::sqrt(8.0 * std::numbers::ln2); }

}  // namespace

SpotProfile::SpotProfile(const Scanner& scanner, double width, std::vector<double> weights)
    : width_(width) {
  if (scanner.focal_spot_shape == "gaussian") {
    shape_ = Shape::gaussian;
    spread_ = 12.0 * gaussian_deviation() * gaussian_deviation();
  }
  if (scanner.focal_spot_shape != "image") return;
  shape_ = Shape::table;
  double sum = 0.0;
  for (const double w : weights) sum += w;
  require(sum > 0.0, Error::Kind::input, "focal_spot_image emits nothing (its weights sum to ", sum,
          "). Give it a positive weight.");
  const double part = 1.0 / double(weights.size());
  double below = 0.0, mean = 0.0, square = 0.0;
  sums_.push_back(0.0);
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double share = weights[i] / sum, at = (double(i) + 0.5) * part - 0.5;
    below += share;
    sums_.push_back(below);
    mean += share * at;
    square += share * (at * at + part * part / 12.0);
  }
  spread_ = 12.0 * (square - mean * mean);
}

SpotProfile SpotProfile::across(const Scanner& scanner) {
  const auto& image = scanner.focal_spot_image;
  std::vector<double> sums(image.empty() ? 0 : image.front().size(), 0.0);
  for (const auto& row : image)
    for (std::size_t i = 0; i < row.size(); ++i) sums[i] += row[i];
  return {scanner, scanner.focal_spot_width, std::move(sums)};
}

SpotProfile SpotProfile::along(const Scanner& scanner) {
  std::vector<double> sums;
  for (const auto& row : scanner.focal_spot_image) {
    sums.push_back(0.0);
    for (const double weight : row) sums.back() += weight;
  }
  return {scanner, scanner.focal_spot_length, std::move(sums)};
}

double SpotProfile::place(int i, int n) const {
  if (shape_ != Shape::table) return median(i, n);
  double mean = 0.0;  // of the medians, which is not that of the table
  for (int j = 0; j < n; ++j) mean += median(j, n) / double(n);
  return median(i, n) - mean;
}

double SpotProfile::median(int i, int n) const {
  const double share = (double(i) + 0.5) / double(n);
  switch (shape_) {
    case Shape::gaussian:
      return gaussian_deviation() * math::normal_quantile(share);
    case Shape::table: {
      const auto next = std::ranges::upper_bound(sums_, share);
      const auto part =
          std::min(std::size_t(next - sums_.begin()), sums_.size() - 1) - 1;  // that holds it
      const double inside = (share - sums_[part]) / (sums_[part + 1] - sums_[part]);
      return (double(part) + inside) / double(sums_.size() - 1) - 0.5;
    }
    case Shape::uniform:
      break;
  }
  return share - 0.5;
}

}  // namespace vitrine::physics

#include "vitrine/evaluation/detail/ratio_evaluator.hpp"

#include <cmath>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation::detail {
namespace {

/// Below this share of the squares that it is a difference of, a sum of squares has lost digits.
constexpr double cancelled = 1e-6;

}  // namespace

RatioEvaluator::RatioEvaluator(std::span<const PatientSums> sets) {
  VITRINE_EXPECT(!sets.empty());
  const Index patients = sets.front().cols(), many = std::ssize(sets);
  VITRINE_EXPECT(patients > 0);
  above_.resize(patients, many);
  for (Index i = 0; i < many; ++i) {
    const PatientSums& sums = sets[std::size_t(i)];
    VITRINE_EXPECT(sums.cols() == patients);
    above_.col(i) = sums.row(0).transpose();
    for (Index s = 1; s < sums.rows(); ++s)
      ratios_.push_back({i, column_of(sums.row(s).transpose())});
  }
  const Eigen::VectorXd totals = above_.colwise().sum().transpose();
  squares_.resize(patients, count());
  all_.resize(count());
  for (Index r = 0; r < count(); ++r) {
    const auto [above, below, wanted] = ratios_[std::size_t(r)];
    const double value = totals[above] / belows_[std::size_t(below)].total;
    all_[r] = value;
    squares_.col(r) = (above_.col(above) - value * below_.col(below)).cwiseAbs2();
  }
  value_.resize(1, count());
  inverse_.resize(patients, below_.cols());
  results_.resize(ratios_.size());
}

/// Where a denominator is, which may be another ratio's too.
Index RatioEvaluator::column_of(const Eigen::VectorXd& below) {
  for (Index b = 0; b < below_.cols(); ++b)
    if (below_.col(b) == below) return b;
  below_.conservativeResize(below.size(), below_.cols() + 1);
  below_.rightCols(1) = below;
  belows_.push_back({below.sum(), (below.array() == below[0]).all()});
  return below_.cols() - 1;
}

void RatioEvaluator::only(const std::vector<bool>& wanted) {
  VITRINE_EXPECT(std::ssize(wanted) == count());
  for (Below& below : belows_) below.wanted = false;
  for (std::size_t r = 0; r < wanted.size(); ++r) {
    ratios_[r].wanted = wanted[r];
    if (wanted[r]) belows_[std::size_t(ratios_[r].below)].wanted = true;
  }
}

const Eigen::ArrayXXd& RatioEvaluator::values(std::span<const std::uint16_t> counts) {
  times_ = as_numbers(counts);
  totals_above_.noalias() = above_.transpose() * times_;
  totals_below_.noalias() = below_.transpose() * times_;
  for (Index r = 0; r < count(); ++r) {
    const Ratio& ratio = ratios_[std::size_t(r)];
    value_(0, r) = totals_above_[ratio.above] / totals_below_[ratio.below];
  }
  return value_;
}

std::span<const Studentised> RatioEvaluator::operator()(std::span<const std::uint16_t> counts) {
  values(counts);
  totals_squares_.noalias() = squares_.transpose() * times_;
  for (Index b = 0; b < below_.cols(); ++b)
    if (belows_[std::size_t(b)].wanted && !belows_[std::size_t(b)].equal) invert_gaps(b);
  const double n = double(patients());
  for (std::size_t r = 0; r < ratios_.size(); ++r) {
    results_[r] = {};
    const double value = value_(0, Index(r));
    if (!ratios_[r].wanted) continue;
    results_[r].value = value;
    if (n < 2.0 || std::isnan(value)) continue;
    results_[r].error =
        belows_[std::size_t(ratios_[r].below)].equal ? error_of_equal(r) : error(ratios_[r], value);
  }
  return results_;
}

/// Pairs of gaps share a division, 1/(x y) times x and times y; as shares of the total, so that no
/// product overflows.
void RatioEvaluator::invert_gaps(Index b) {
  const double one = 1.0 / belows_[std::size_t(b)].total;
  gap_ = one * totals_below_[b] - one * below_.col(b).array();
  const Index half = patients() / 2;
  const auto first = gap_.head(half), second = gap_.segment(half, half);
  auto inverse = inverse_.col(b);
  inverse.head(half) = one / (first * second);
  inverse.segment(half, half) = inverse.head(half) * first;
  inverse.head(half) *= second;
  if (2 * half < patients()) inverse[2 * half] = one / gap_[2 * half];
}

/// The changes have mean 0, and so has n - v d over the patients drawn.
double RatioEvaluator::error_of_equal(std::size_t r) const {
  const Ratio& ratio = ratios_[r];
  const double n = double(patients()), value = value_(0, Index(r)), all = all_[Index(r)];
  const double one = below_(0, ratio.below), total = totals_below_[ratio.below];
  const double about_all = totals_squares_[Index(r)], moved = (value - all) * one;
  double squares = about_all - n * moved * moved;
  if (!(squares > cancelled * about_all))
    squares = (times_.array() * (above_.col(ratio.above).array() - value * one).square()).sum();
  return std::sqrt(squares * (n - 1.0) / n) / std::fabs(total - one);
}

double RatioEvaluator::error(const Ratio& ratio, double value) const {
  using Lanes = Eigen::Array4d;
  const Index whole = patients() / 4 * 4;
  const double *times = times_.data(), *above = above_.col(ratio.above).data(),
               *below = below_.col(ratio.below).data(), *inverse = inverse_.col(ratio.below).data();
  Lanes sums = Lanes::Zero(), squares = Lanes::Zero();
  for (Index p = 0; p < whole; p += 4) {
    const auto lanes = [p](const double* from) { return Eigen::Map<const Lanes>(from + p); };
    const Lanes change = (value * lanes(below) - lanes(above)) * lanes(inverse);
    const Lanes weighted = lanes(times) * change;
    sums += weighted;
    squares += weighted * change;
  }
  double first = sums.sum(), second = squares.sum();
  for (Index p = whole; p < patients(); ++p) {
    const double change = (value * below[p] - above[p]) * inverse[p];
    first += times[p] * change;
    second += times[p] * change * change;
  }
  const double n = double(patients()), about_mean = second - first * first / n;
  // A patient without whom nothing is left, or a spread that is all rounding.
  if (!std::isfinite(about_mean) || !(about_mean > cancelled * second))
    return careful_error(ratio, value);
  return std::sqrt(about_mean * (n - 1.0) / n);
}

/// Patients that were not drawn, or without whom there is no ratio, do not count.
double RatioEvaluator::careful_error(const Ratio& ratio, double value) const {
  double n = 0.0, mean = 0.0, squares = 0.0;
  const auto each = [&](auto&& take) {
    for (Index p = 0; p < patients(); ++p) {
      const double below = below_(p, ratio.below), gap = totals_below_[ratio.below] - below;
      const double change = (value * below - above_(p, ratio.above)) / gap;
      if (times_[p] > 0.0 && !std::isnan(change)) take(times_[p], change);
    }
  };
  each([&](double times, double change) { n += times, mean += times * change; });
  if (n < 2.0) return NAN;
  mean /= n;
  each([&](double times, double change) { squares += times * (change - mean) * (change - mean); });
  return std::sqrt(squares * (n - 1.0) / n);
}

}  // namespace vitrine::evaluation::detail

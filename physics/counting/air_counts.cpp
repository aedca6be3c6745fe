#include "vitrine/physics/counting/air_counts.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "vitrine/core/math.hpp"
#include "vitrine/core/parallel.hpp"

namespace vitrine::physics {

double PileUpCurve::kept(double x) const { return paralysable_ ? math::exp(-x) : 1.0 / (1.0 + x); }

double PileUpCurve::true_rate(double measured) const {
  if (!paralysable_) {
    const double most = 0.99;
    const double y = std::min(measured, most);
    return y / (1.0 - y);
  }
  if (measured >= 1.0 / std::numbers::e) return 1.0;
  // Newton's steps on x exp(-x) = y from below: the curve is concave, so that they rise to x.
  double x = measured;
  for (int step = 0; step < 50; ++step) {
    const double left = math::exp(-x);
    const double change = (measured - x * left) / ((1.0 - x) * left);
    x += change;
    if (std::abs(change) < 1e-12 * x) break;
  }
  return x;
}

double PileUpCurve::further_variance(double x) const {
  // Asymptotic variances of renewal processes (Mueller, Nucl Instr Meth 112 (1973) 47), n the true
  // counts: n / (1 + x)^3, and n e^-x (1 - 2 x e^-x); less the slope's square times n.
  if (!paralysable_) return x / ((1.0 + x) * (1.0 + x) * (1.0 + x) * (1.0 + x));
  const double left = math::exp(-x);
  return std::max(0.0, left * (1.0 - left * (1.0 + x * x)));
}

AirCounts::AirCounts(const ScanGeometry& geometry, std::size_t bins,
                     std::span<const double> per_mas, std::vector<double> loads,
                     std::optional<PileUpOfReading> pile_up)
    : columns_(geometry.columns),
      rows_(geometry.rows),
      bins_(bins),
      per_mas_(per_mas.begin(), per_mas.end()),
      loads_(std::move(loads)),
      pile_up_(std::move(pile_up)) {
  VITRINE_EXPECT(bins > 0 && per_mas.size() == std::size_t(columns_) * bins);
  VITRINE_EXPECT(std::ssize(loads_) == geometry.views());
  for (Index c = 0; c < columns_; ++c) {
    const auto of_column = per_mas.subspan(std::size_t(c) * bins, bins);
    double all = 0.0;
    for (const double bin : of_column) all += bin;
    for (const double bin : of_column) shares_.push_back(float(bin / all));
    for (Index r = 0; r < rows_; ++r)
      cells_.push_back(float(all * geometry.photon_share(double(c), double(r))));
  }
}

double AirCounts::corrected(double counts) const {
  const PileUp& how = pile_up_->how;
  if (how.correction == 0.0 || counts <= 0.0) return counts;
  const double x = PileUpCurve(how).true_rate(rate(counts));
  return counts + how.correction * (x / pile_up_->rate_of_count - counts);
}

double AirCounts::share_of_air(double counts) const {
  if (!pile_up_ || counts == 0.0) return 1.0;
  return corrected(counts * PileUpCurve(pile_up_->how).kept(rate(counts))) / counts;
}

void AirCounts::relative(Index first, Index count, std::span<const float> counts, BinWindow window,
                         std::span<float> signal) const {
  const auto cells = std::size_t(columns_ * rows_), size = std::size_t(count) * cells;
  VITRINE_EXPECT(counts.size() == bins_ * size && signal.size() == size);
  VITRINE_EXPECT(window.first < window.last && window.last <= bins_);
  parallel_for(count, [&](Index v) {
    const double mas = loads_[std::size_t(first + v)];
    for (Index c = 0; c < columns_; ++c) {
      const float* share = &shares_[std::size_t(c) * bins_];
      double part = 0.0;
      for (std::size_t b = window.first; b < window.last; ++b) part += double(share[b]);
      for (Index r = 0; r < rows_; ++r) {
        const auto i = std::size_t(c * rows_ + r);
        const double air = double(cells_[i]) * mas;
        float sum = 0.0f;
        for (std::size_t b = window.first; b < window.last; ++b)
          sum += counts[b * size + std::size_t(v) * cells + i];
        signal[std::size_t(v) * cells + i] = sum / float(air * part * share_of_air(air));
      }
    }
  });
}

}  // namespace vitrine::physics

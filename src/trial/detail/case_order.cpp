#include "vitrine/trial/detail/case_order.hpp"

#include <algorithm>

#include "vitrine/trial/detail/lesion_work.hpp"

namespace vitrine::trial::detail {
namespace {

/// Of a lesion in one image, all features: W6a of docs/developers/performance.md.
constexpr double measure_lesion = 13e-3;

}  // namespace

std::vector<double> case_seconds(const Plan& plan) {
  const Estimate all = estimate(plan, 1);
  const auto cases = double(std::max<std::size_t>(1, plan.cases.size()));
  const double of_lesion =
      measure_lesion * (double(all.reconstructions) / cases *
                            double(1 + plan.scenario.measure.preprocessing.size()) +
                        double(plan.arms.size() * plan.scenario.measure.perturbations.size()));
  std::vector<double> seconds;
  for (const double lesions : expected_lesions(plan))
    seconds.push_back(all.seconds / cases + of_lesion * lesions);
  return seconds;
}

CaseOrder::CaseOrder(std::vector<double> seconds)
    : seconds_(std::move(seconds)), taken_(seconds_.size(), 0), left_(seconds_.size()) {}

std::size_t CaseOrder::take(std::size_t first, std::size_t last) {
  std::size_t longest = last;
  for (std::size_t i = first; i < last; ++i)
    if (!taken_[i] && (longest == last || seconds_[i] > seconds_[longest])) longest = i;
  if (longest == last) return last;
  taken_[longest] = 1;
  --left_;
  return longest;
}

bool CaseOrder::has(std::size_t first, std::size_t last) const {
  return std::any_of(taken_.begin() + std::ptrdiff_t(first), taken_.begin() + std::ptrdiff_t(last),
                     [](char taken) { return !taken; });
}

}  // namespace vitrine::trial::detail

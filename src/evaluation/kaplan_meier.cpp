#include "vitrine/evaluation/kaplan_meier.hpp"

#include <algorithm>
#include <limits>
#include <map>

#include "vitrine/core/error.hpp"

namespace vitrine::evaluation {

double product_limit(std::span<const double> at_risk, std::span<const double> events) {
  VITRINE_EXPECT(at_risk.size() == events.size());
  double survival = 1.0;
  for (std::size_t t = 0; t < at_risk.size(); ++t)
    if (at_risk[t] > 0.0) survival *= 1.0 - events[t] / at_risk[t];
  return survival;
}

std::vector<SurvivalStep> kaplan_meier(std::span<const Followed> all) {
  std::map<double, double> events;
  for (const Followed& one : all)
    if (one.event) events[one.time] += 1.0;
  std::vector<SurvivalStep> curve;
  std::vector<double> at_risk, ended;
  for (const auto& at : events) {
    at_risk.push_back(double(
        std::ranges::count_if(all, [&](const Followed& one) { return one.time >= at.first; })));
    ended.push_back(at.second);
    curve.push_back({at.first, at_risk.back(), ended.back(), product_limit(at_risk, ended)});
  }
  return curve;
}

double median_survival(std::span<const SurvivalStep> curve) {
  constexpr double rounding = 1e-9;  // of products such as 5/6 x 4/5 x 3/4
  const auto half = std::ranges::find_if(
      curve, [](const SurvivalStep& step) { return step.survival <= 0.5 + rounding; });
  return half == curve.end() ? std::numeric_limits<double>::quiet_NaN() : half->time;
}

}  // namespace vitrine::evaluation

#pragma once
#include <span>
#include <vector>

namespace vitrine::evaluation {

/// One who is followed until an event, or until they are last seen without one.
struct Followed {
  double time = 0.0;
  bool event = false;
};

/// What a survival curve does at a time of events.
struct SurvivalStep {
  double time = 0.0;
  double at_risk = 0.0;   ///< who are followed until then, or longer
  double events = 0.0;    ///< then
  double survival = 1.0;  ///< share without an event, from then on
};

/// The product-limit estimate (Kaplan & Meier, J Am Stat Assoc 53 (1958) 457): a step for every
/// time of events, ascending. Who is last seen at a time of events counts as at risk there.
std::vector<SurvivalStep> kaplan_meier(std::span<const Followed> all);

/// The share without an event after some times, from how many are at risk and have events at each:
/// the product of 1 - events / at risk. A time without anyone at risk counts for nothing.
double product_limit(std::span<const double> at_risk, std::span<const double> events);

/// The first time at which half or fewer are without an event; NaN: more are, to the end.
double median_survival(std::span<const SurvivalStep> curve);

}  // namespace vitrine::evaluation

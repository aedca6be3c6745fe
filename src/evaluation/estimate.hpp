#pragma once
#include <cmath>
#include <limits>
#include <string>

namespace vitrine::evaluation {

/// A statistic with its confidence interval, or the reason why one of them is withheld.
///
/// NaN stands for "withheld" and never comes without a reason. A value may stand without interval.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double low = std::numeric_limits<double>::quiet_NaN();
  double high = std::numeric_limits<double>::quiet_NaN();
  std::string reason;

  static Estimate withheld(std::string why) {
    Estimate none;
    none.reason = std::move(why);
    return none;
  }
  /// Keep the value alone; `why` takes the place of an interval, if there is one.
  void withhold_interval(const std::string& why) {
    if (!has_interval()) return;
    low = high = std::numeric_limits<double>::quiet_NaN();
    reason = why;
  }
  bool has_value() const { return !std::isnan(value); }
  bool has_interval() const { return !std::isnan(low) && !std::isnan(high); }
};

}  // namespace vitrine::evaluation

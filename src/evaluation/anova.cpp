#include "vitrine/evaluation/anova.hpp"

#include <cmath>
#include <limits>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// A sum that carries the rounding error of every addition along (Neumaier 1974).
class CompensatedSum {
 public:
  void add(double x) {
    const double total = sum_ + x;
    lost_ += std::fabs(sum_) >= std::fabs(x) ? (sum_ - total) + x : (x - total) + sum_;
    sum_ = total;
  }
  double value() const { return sum_ + lost_; }

 private:
  double sum_ = 0.0, lost_ = 0.0;
};

double mean_of(const std::vector<double>& values) {
  CompensatedSum sum;
  for (const double v : values) sum.add(v);
  return sum.value() / double(values.size());
}

std::string obstacle(const Anova& anova) {
  if (anova.groups < 2) return str(anova.groups, " group(s) with values: at least 2 needed");
  if (anova.within_degrees < 1.0) return "no group has two values, so their spread is unknown";
  return "";
}

}  // namespace

Anova one_way_anova(std::span<const std::vector<double>> groups) {
  Anova anova;
  anova.f = anova.p = NAN;
  std::vector<std::vector<double>> kept;
  double origin = NAN;
  for (const auto& group : groups) {
    std::vector<double> values;
    for (const double v : group) {
      if (std::isnan(v)) continue;
      if (std::isnan(origin)) origin = v;
      values.push_back(v - origin);
    }
    anova.values += std::ssize(values);
    if (!values.empty()) kept.push_back(std::move(values));
  }
  anova.groups = std::ssize(kept);
  anova.between_degrees = double(anova.groups - 1);
  anova.within_degrees = double(anova.values - anova.groups);
  anova.reason = obstacle(anova);
  if (!anova.reason.empty()) return anova;

  CompensatedSum total, between, within;
  std::vector<double> means;
  for (const auto& values : kept) {
    means.push_back(mean_of(values));
    for (const double v : values) total.add(v);
  }
  const double mean = total.value() / double(anova.values);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    between.add(double(kept[i].size()) * (means[i] - mean) * (means[i] - mean));
    for (const double v : kept[i]) within.add((v - means[i]) * (v - means[i]));
  }
  anova.between_squares = between.value();
  anova.within_squares = within.value();
  // Values that differ by rounding alone have no spread.
  const double rounding = 4.0 * std::numeric_limits<double>::epsilon() * std::fabs(origin);
  if (!(anova.within_squares > double(anova.values) * rounding * rounding)) {
    anova.reason = "values do not vary within the groups";
    return anova;
  }
  anova.f = (anova.between_squares / anova.between_degrees) /
            (anova.within_squares / anova.within_degrees);
  anova.p = f_survival(anova.f, anova.between_degrees, anova.within_degrees);
  return anova;
}

}  // namespace vitrine::evaluation

#include "vitrine/evaluation/roc.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// One patient's rows of each class, and the sums of their placements among the other class.
struct Placements {
  double positives = 0.0, negatives = 0.0;
  double of_positives = 0.0, of_negatives = 0.0;
};

/// Share of `sorted` below `value`, ties half.
double share_below(const std::vector<double>& sorted, double value) {
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
  return (double(first - sorted.begin()) + 0.5 * double(last - first)) / double(sorted.size());
}

/// The area under one ROC curve, with what its variance is made of.
struct Area {
  double value = 0.0;
  std::vector<Placements> patients;

  Area(std::span<const double> values, const std::vector<Index>& positive,
       const std::vector<Index>& negative, const std::vector<std::size_t>& patient_of,
       std::size_t count)
      : patients(count) {
    const auto sorted = [&](const std::vector<Index>& rows) {
      std::vector<double> result;
      for (const Index row : rows) result.push_back(values[std::size_t(row)]);
      std::sort(result.begin(), result.end());
      return result;
    };
    const std::vector<double> above = sorted(positive), below = sorted(negative);
    for (const Index row : positive) {
      Placements& p = patients[patient_of[std::size_t(row)]];
      const double placement = share_below(below, values[std::size_t(row)]);
      p.positives += 1.0;
      p.of_positives += placement;
      value += placement;
    }
    value /= double(positive.size());
    for (const Index row : negative) {
      Placements& p = patients[patient_of[std::size_t(row)]];
      p.negatives += 1.0;
      p.of_negatives += 1.0 - share_below(above, values[std::size_t(row)]);
    }
  }
};

/// How many patients have rows of a class, and how many there are.
struct Counts {
  double with_positive = 0.0, with_negative = 0.0, patients = 0.0;

  explicit Counts(const Area& area) {
    for (const Placements& p : area.patients) {
      with_positive += p.positives > 0.0;
      with_negative += p.negatives > 0.0;
      patients += p.positives + p.negatives > 0.0;
    }
  }
  double rarer() const { return std::min(with_positive, with_negative); }
};

/// Obuchowski 1997, eq. 3 and 5.
double covariance(const Area& a, const Area& b, const Counts& counts, double positives,
                  double negatives) {
  double s10 = 0.0, s01 = 0.0, s11 = 0.0;
  for (std::size_t p = 0; p < a.patients.size(); ++p) {
    const Placements &x = a.patients[p], &y = b.patients[p];
    const double x10 = x.of_positives - x.positives * a.value;
    const double x01 = x.of_negatives - x.negatives * a.value;
    const double y10 = y.of_positives - y.positives * b.value;
    const double y01 = y.of_negatives - y.negatives * b.value;
    s10 += x10 * y10;
    s01 += x01 * y01;
    s11 += x10 * y01 + x01 * y10;
  }
  s10 *= counts.with_positive / (counts.with_positive - 1.0) / positives;
  s01 *= counts.with_negative / (counts.with_negative - 1.0) / negatives;
  s11 *= counts.patients / (counts.patients - 1.0);
  return s10 / positives + s01 / negatives + s11 / (positives * negatives);
}

Estimate on_scale(double value, double error, double quantile, const Scale& scale) {
  Estimate result;
  result.value = value;
  if (!(error > 0.0)) {
    result.low = result.high = value;
    return result;
  }
  result.low = scale.from(scale.to(value) - quantile * error);
  result.high = scale.from(scale.to(value) + quantile * error);
  return result;
}

Estimate area_estimate(const Area& area, double variance, double quantile) {
  if (area.value > 0.0 && area.value < 1.0)
    return on_scale(area.value, std::sqrt(variance) / (area.value * (1.0 - area.value)), quantile,
                    Scale::between(0.0, 1.0));
  Estimate result;
  result.value = area.value;
  result.reason = "no interval: the classes do not overlap";
  return result;
}

}  // namespace

Discrimination discrimination(std::span<const double> before, std::span<const double> after,
                              std::span<const std::optional<bool>> label, const Clusters& patients,
                              double confidence) {
  VITRINE_EXPECT(before.size() == after.size() && label.size() == before.size());
  Discrimination result;
  std::vector<Index> positive, negative;
  std::vector<std::size_t> patient_of(before.size(), 0);
  for (std::size_t p = 0; p < patients.rows.size(); ++p)
    for (const Index row : patients.rows[p]) {
      const auto at = std::size_t(row);
      patient_of[at] = p;
      if (label[at] && std::isfinite(before[at]) && std::isfinite(after[at]))
        (*label[at] ? positive : negative).push_back(row);
    }
  result.positive = std::ssize(positive);
  result.negative = std::ssize(negative);
  if (positive.empty() || negative.empty()) {
    result.before = result.after = result.change = Estimate::withheld(
        str(positive.size(), " row(s) with the label and ", negative.size(), " without"));
    return result;
  }
  const Area a(before, positive, negative, patient_of, patients.rows.size());
  const Area b(after, positive, negative, patient_of, patients.rows.size());
  const Counts counts(a);
  if (counts.patients < double(fewest_patients) || counts.rarer() < 2.0) {
    result.before.value = a.value;
    result.after.value = b.value;
    result.change.value = b.value - a.value;
    result.before.reason = result.after.reason = result.change.reason =
        str("no interval from ", counts.with_positive, " patient(s) with the label and ",
            counts.with_negative, " without: at least two of each and ", fewest_patients,
            " in all needed");
    return result;
  }
  const double m = double(positive.size()), n = double(negative.size());
  const double quantile = student_t_quantile(0.5 + 0.5 * confidence, counts.rarer() - 1.0);
  const double of_before = covariance(a, a, counts, m, n),
               of_after = covariance(b, b, counts, m, n);
  const double both = covariance(a, b, counts, m, n);
  result.before = area_estimate(a, of_before, quantile);
  result.after = area_estimate(b, of_after, quantile);
  // Rounding leaves a trace of a variance where both are the same.
  const double variance = of_before + of_after - 2.0 * both;
  const double nothing = 1e-12 * (of_before + of_after);
  result.change = on_scale(b.value - a.value, variance > nothing ? std::sqrt(variance) : 0.0,
                           quantile, Scale::plain());
  return result;
}

}  // namespace vitrine::evaluation

#include "vitrine/evaluation/roc.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/detail/two_classes.hpp"
#include "vitrine/evaluation/distributions.hpp"

namespace vitrine::evaluation {
namespace {

/// One patient's rows of each class, and the sums of their placements among the other class.
struct Placements {
  double positives = 0.0, negatives = 0.0;
  double of_positives = 0.0, of_negatives = 0.0;
};

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

Estimate area_estimate(double value, double variance, double quantile) {
  if (value > 0.0 && value < 1.0)
    return detail::on_scale(value, std::sqrt(variance) / (value * (1.0 - value)), quantile,
                            Scale::between(0.0, 1.0));
  Estimate result;
  result.value = value;
  result.reason = "no interval: the classes do not overlap";
  return result;
}

/// One group's rows, classes apart, and its share of the area.
struct Group {
  std::vector<Index> rows[2];  ///< without, with the label
  double pairs() const { return double(rows[0].size()) * double(rows[1].size()); }
};

/// Quantile of the intervals of areas of so many patients; or why there are none.
struct Interval {
  double quantile = 0.0;
  std::string reason;

  Interval(const RocArea& area, double confidence)
      : reason(detail::too_few(double(area.with), double(area.without),
                               double(area.with + area.without))) {
    const Index rarer = std::min(area.with, area.without);
    const auto known = [](double x) { return std::isfinite(x); };
    if (reason.empty() && !std::ranges::all_of(area.influence, known))
      reason = "no interval: a fold has a single patient of a class";
    if (reason.empty()) quantile = student_t_quantile(0.5 + 0.5 * confidence, double(rarer) - 1.0);
  }
};

double sum_of_squares(std::span<const double> values) {
  double sum = 0.0;
  for (const double x : values) sum += x * x;
  return sum;
}

constexpr const char* no_pairs = "no fold holds rows of both classes";

}  // namespace

double share_below(std::span<const double> sorted, double value) {
  const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
  return (double(first - sorted.begin()) + 0.5 * double(last - first)) / double(sorted.size());
}

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
  const std::string few =
      detail::too_few(counts.with_positive, counts.with_negative, counts.patients);
  if (!few.empty()) {
    result.before.value = a.value;
    result.after.value = b.value;
    result.change.value = b.value - a.value;
    result.before.reason = result.after.reason = result.change.reason = few;
    return result;
  }
  const double m = double(positive.size()), n = double(negative.size());
  const double quantile = student_t_quantile(0.5 + 0.5 * confidence, counts.rarer() - 1.0);
  const double of_before = covariance(a, a, counts, m, n),
               of_after = covariance(b, b, counts, m, n);
  const double both = covariance(a, b, counts, m, n);
  result.before = area_estimate(a.value, of_before, quantile);
  result.after = area_estimate(b.value, of_after, quantile);
  // Rounding leaves a trace of a variance where both are the same.
  const double variance = of_before + of_after - 2.0 * both;
  const double nothing = 1e-12 * (of_before + of_after);
  result.change = detail::on_scale(
      b.value - a.value, variance > nothing ? std::sqrt(variance) : 0.0, quantile, Scale::plain());
  return result;
}

RocArea roc_area(std::span<const double> score, const std::vector<bool>& label,
                 const Clusters& patients, std::span<const Index> group) {
  VITRINE_EXPECT(label.size() == score.size() && group.size() == score.size());
  for (const double x : score)
    require(std::isfinite(x), Error::Kind::data, "a ROC curve of a score that is not a number");
  std::vector<std::size_t> patient_of(score.size(), 0);
  for (std::size_t p = 0; p < patients.rows.size(); ++p)
    for (const Index row : patients.rows[p]) patient_of[std::size_t(row)] = p;
  std::map<Index, Group> groups;
  double pairs = 0.0;
  std::set<std::size_t> of_class[2];
  for (std::size_t i = 0; i < score.size(); ++i) {
    const std::size_t which = label[i] ? 1 : 0;
    groups[group[i]].rows[which].push_back(Index(i));
    of_class[which].insert(patient_of[i]);
  }
  for (const auto& [name, its] : groups) pairs += its.pairs();
  RocArea area;
  area.without = std::ssize(of_class[0]);
  area.with = std::ssize(of_class[1]);
  area.influence.assign(patients.rows.size(), 0.0);
  if (pairs == 0.0) area.value = std::numeric_limits<double>::quiet_NaN();
  for (const auto& [name, its] : groups) {
    if (its.pairs() == 0.0) continue;
    const double weight = its.pairs() / pairs;
    const Area own(score, its.rows[1], its.rows[0], patient_of, patients.rows.size());
    area.value += weight * own.value;
    const Counts counts(own);
    // Of few patients, each stands for a little more than itself.
    const double with = std::sqrt(counts.with_positive / (counts.with_positive - 1.0)),
                 without = std::sqrt(counts.with_negative / (counts.with_negative - 1.0));
    for (std::size_t p = 0; p < own.patients.size(); ++p) {
      const Placements& x = own.patients[p];
      if (x.positives > 0.0)
        area.influence[p] +=
            weight * with * (x.of_positives - x.positives * own.value) / double(its.rows[1].size());
      if (x.negatives > 0.0)
        area.influence[p] += weight * without * (x.of_negatives - x.negatives * own.value) /
                             double(its.rows[0].size());
    }
  }
  return area;
}

RocCurve roc_curve(std::span<const double> score, const std::vector<bool>& label) {
  VITRINE_EXPECT(label.size() == score.size());
  std::vector<std::size_t> order(score.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    require(std::isfinite(score[i]), Error::Kind::data,
            "a ROC curve of a score that is not a number");
    order[i] = i;
  }
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return score[a] > score[b]; });
  const auto with = double(std::ranges::count(label, true));
  const double without = double(label.size()) - with;
  require(with > 0.0 && without > 0.0, Error::Kind::data, "a ROC curve needs rows of both classes");
  RocCurve curve{{std::numeric_limits<double>::infinity()}, {0.0}, {0.0}};
  double found = 0.0, wrong = 0.0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    (label[order[i]] ? found : wrong) += 1.0;
    if (i + 1 < order.size() && score[order[i + 1]] == score[order[i]]) continue;
    curve.threshold.push_back(score[order[i]]);
    curve.false_positive_rate.push_back(wrong / without);
    curve.sensitivity.push_back(found / with);
  }
  return curve;
}

RocArea mean_area(std::span<const RocArea> areas) {
  VITRINE_EXPECT(!areas.empty());
  RocArea mean = areas.front();
  for (const RocArea& area : areas.subspan(1)) {
    VITRINE_EXPECT(area.influence.size() == mean.influence.size());
    mean.value += area.value;
    for (std::size_t p = 0; p < mean.influence.size(); ++p) mean.influence[p] += area.influence[p];
    mean.with = std::min(mean.with, area.with);
    mean.without = std::min(mean.without, area.without);
  }
  const double count = double(areas.size());
  mean.value /= count;
  for (double& x : mean.influence) x /= count;
  return mean;
}

Estimate area_interval(const RocArea& area, double confidence) {
  if (std::isnan(area.value)) return Estimate::withheld(no_pairs);
  const Interval interval(area, confidence);
  if (interval.reason.empty())
    return area_estimate(area.value, sum_of_squares(area.influence), interval.quantile);
  Estimate result;
  result.value = area.value;
  result.reason = interval.reason;
  return result;
}

Estimate area_difference(const RocArea& a, const RocArea& b, double confidence) {
  VITRINE_EXPECT(a.influence.size() == b.influence.size());
  if (std::isnan(a.value) || std::isnan(b.value)) return Estimate::withheld(no_pairs);
  Estimate result;
  result.value = a.value - b.value;
  const Interval of_a(a, confidence), of_b(b, confidence);
  result.reason = of_a.reason.empty() ? of_b.reason : of_a.reason;
  if (!result.reason.empty()) return result;
  std::vector<double> influence(a.influence);
  for (std::size_t p = 0; p < influence.size(); ++p) influence[p] -= b.influence[p];
  // Rounding leaves a trace of a variance where both are the same.
  const double variance = sum_of_squares(influence);
  const double nothing = 1e-12 * (sum_of_squares(a.influence) + sum_of_squares(b.influence));
  return detail::on_scale(result.value, variance > nothing ? std::sqrt(variance) : 0.0,
                          std::max(of_a.quantile, of_b.quantile), Scale::plain());
}

}  // namespace vitrine::evaluation

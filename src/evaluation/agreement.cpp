#include "vitrine/evaluation/agreement.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "vitrine/core/error.hpp"
#include "vitrine/evaluation/detail/rating_sums.hpp"
#include "vitrine/evaluation/distributions.hpp"
#include "vitrine/evaluation/rank_tests.hpp"

namespace vitrine::evaluation {
namespace {

/// Reliability of the mean of k raters, from that of one (Spearman-Brown).
double of_mean(double single, double k) { return k * single / (1.0 + (k - 1.0) * single); }

/// Interval of an ICC that is a function of one F ratio: one-way and consistency.
Estimate from_ratio(double value, double between, double within, double degrees_between,
                    double degrees_within, double k, double tail) {
  Estimate icc;
  icc.value = value;
  if (!(within > 0.0)) {
    icc.reason = "no interval: the residual is zero";
    return icc;
  }
  const double ratio = between / within;
  const double lower = ratio / f_quantile(1.0 - tail, degrees_between, degrees_within);
  const double upper = ratio * f_quantile(1.0 - tail, degrees_within, degrees_between);
  icc.low = (lower - 1.0) / (lower + k - 1.0);
  icc.high = (upper - 1.0) / (upper + k - 1.0);
  return icc;
}

/// Interval of ICC(A,1) with random raters, Satterthwaite's degrees (McGraw & Wong 1996, table 7).
Estimate agreement_of_random_raters(const MeanSquares& ms, double tail) {
  Estimate icc;
  icc.value = detail::coefficient(Agreement::absolute, ms);
  if (!(ms.error > 0.0)) {
    icc.reason = "no interval: the residual is zero";
    return icc;
  }
  const double n = double(ms.subjects), k = double(ms.raters), rho = icc.value;
  const double msr = ms.between_subjects, mse = ms.error;
  const double a = k * rho * ms.between_raters / mse;
  const double b = n * (1.0 + (k - 1.0) * rho) - k * rho;
  const double degrees = (k - 1.0) * (n - 1.0) * (a + b) * (a + b) / ((n - 1.0) * a * a + b * b);
  const double raters = k * ms.between_raters + (k * n - k - n) * mse;
  const double upper = f_quantile(1.0 - tail, n - 1.0, degrees);
  const double lower = f_quantile(1.0 - tail, degrees, n - 1.0);
  icc.low = n * (msr - upper * mse) / (upper * raters + n * msr);
  icc.high = n * (lower * msr - mse) / (raters + n * lower * msr);
  return icc;
}

Estimate of_mean(const Estimate& single, double k) {
  Estimate icc = single;
  icc.value = of_mean(single.value, k);
  icc.low = of_mean(single.low, k);
  icc.high = of_mean(single.high, k);
  return icc;
}

/// Sums of squares about the means of two variables, and of their product.
struct Moments {
  double n, mean_x, mean_y, xx = 0.0, yy = 0.0, xy = 0.0;

  Moments(std::span<const double> x, std::span<const double> y)
      : n(double(x.size())),
        mean_x(std::accumulate(x.begin(), x.end(), 0.0) / n),
        mean_y(std::accumulate(y.begin(), y.end(), 0.0) / n) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      const double dx = x[i] - mean_x, dy = y[i] - mean_y;
      xx += dx * dx;
      yy += dy * dy;
      xy += dx * dy;
    }
  }
};

}  // namespace

MeanSquares mean_squares(const Ratings& ratings, std::span<const Index> rows) {
  MeanSquares ms;
  ms.subjects = std::ssize(rows);
  ms.raters = ratings.cols();
  const double n = double(ms.subjects), k = double(ms.raters);
  // About the means and in two passes, so that large offsets cost no digits.
  std::vector<double> row_mean(rows.size(), 0.0), column_mean(std::size_t(ms.raters), 0.0);
  double mean = 0.0;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (Index j = 0; j < ms.raters; ++j) mean += ratings(rows[i], j);
  mean /= n * k;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (Index j = 0; j < ms.raters; ++j) {
      const double d = ratings(rows[i], j) - mean;
      row_mean[i] += d / k;
      column_mean[std::size_t(j)] += d / n;
    }
  double subjects = 0.0, raters = 0.0, error = 0.0;
  for (const double m : row_mean) subjects += k * m * m;
  for (const double m : column_mean) raters += n * m * m;
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (Index j = 0; j < ms.raters; ++j) {
      const double d = ratings(rows[i], j) - mean - row_mean[i] - column_mean[std::size_t(j)];
      error += d * d;
    }
  ms.between_subjects = subjects / (n - 1.0);
  ms.between_raters = raters / (k - 1.0);
  ms.error = error / ((n - 1.0) * (k - 1.0));
  ms.within_subjects = (raters + error) / (n * (k - 1.0));
  return ms;
}

std::vector<Index> complete_rows(const Ratings& ratings) {
  std::vector<Index> rows;
  for (Index i = 0; i < ratings.rows(); ++i) {
    bool complete = true;
    for (Index j = 0; j < ratings.cols(); ++j) complete &= !std::isnan(ratings(i, j));
    if (complete) rows.push_back(i);
  }
  return rows;
}

Icc intraclass_correlation(const Ratings& ratings, double confidence) {
  const std::vector<Index> rows = complete_rows(ratings);
  Icc icc;
  icc.subjects = std::ssize(rows);
  icc.incomplete = ratings.rows() - icc.subjects;
  if (const std::string why = detail::obstacle(ratings, rows); !why.empty()) {
    icc.one_way = icc.agreement = icc.consistency = Estimate::withheld(why);
    icc.one_way_mean = icc.agreement_mean = icc.consistency_mean = Estimate::withheld(why);
    return icc;
  }
  const MeanSquares ms = mean_squares(ratings, rows);
  const double n = double(ms.subjects), k = double(ms.raters), tail = 0.5 * (1.0 - confidence);
  const double between = ms.between_subjects, within = ms.within_subjects;
  icc.one_way = from_ratio((between - within) / (between + (k - 1.0) * within), between, within,
                           n - 1.0, n * (k - 1.0), k, tail);
  icc.consistency = from_ratio((between - ms.error) / (between + (k - 1.0) * ms.error), between,
                               ms.error, n - 1.0, (n - 1.0) * (k - 1.0), k, tail);
  icc.agreement = agreement_of_random_raters(ms, tail);
  icc.one_way_mean = of_mean(icc.one_way, k);
  icc.consistency_mean = of_mean(icc.consistency, k);
  icc.agreement_mean = of_mean(icc.agreement, k);
  return icc;
}

std::vector<Estimate> agreements_by_patients(const Ratings& ratings, const Clusters& patients,
                                             const Resampling& resampling,
                                             std::span<const Agreement> kinds) {
  const std::vector<Index> rows = complete_rows(ratings);
  if (const std::string why = detail::obstacle(ratings, rows); !why.empty())
    return std::vector<Estimate>(kinds.size(), Estimate::withheld(why));
  const PatientSums sums = detail::rating_sums(ratings, rows, patients);
  // All but the arms' sums enter as they are, those by the sum of their squares.
  const Index arms = ratings.cols();
  PatientTerms terms{PatientSums(4, sums.cols()), sums.bottomRows(arms)};
  terms.sums.topRows(3) = sums.topRows(3);
  terms.sums.row(3) = terms.vectors.colwise().sum();
  const auto statistics = [&](const Eigen::ArrayXXd& totals, Eigen::ArrayXXd& values) {
    for (Index i = 0; i < totals.rows(); ++i) {
      const MeanSquares ms = detail::mean_squares_of(
          {totals(i, 0), totals(i, 1), totals(i, 2), totals(i, 3), totals(i, 4)}, arms);
      for (std::size_t s = 0; s < kinds.size(); ++s)
        values(i, Index(s)) = totals(i, 0) < 2.0 ? NAN : detail::coefficient(kinds[s], ms);
    }
  };
  const std::vector<Scale> scales(kinds.size(), Scale::between(-1.0 / double(arms - 1), 1.0));
  std::vector<Estimate> results = patient_bootstrap(terms, resampling, scales, statistics);
  const MeanSquares ms = mean_squares(ratings, rows);  // in two passes: all digits
  for (std::size_t s = 0; s < kinds.size(); ++s) {
    Estimate& result = results[s];
    const bool certain = result.low == result.high;
    result.value = detail::coefficient(kinds[s], ms);
    if (certain) result.low = result.high = result.value;
  }
  return results;
}

Estimate agreement_by_patients(const Ratings& ratings, const Clusters& patients,
                               const Resampling& resampling, Agreement kind) {
  return agreements_by_patients(ratings, patients, resampling, {&kind, 1}).front();
}

double concordance(std::span<const double> x, std::span<const double> y) {
  VITRINE_EXPECT(x.size() == y.size());
  if (x.size() < 2) return NAN;
  const Moments m(x, y);
  const double offset = m.mean_x - m.mean_y;
  const double denominator = m.xx + m.yy + m.n * offset * offset;
  return denominator > 0.0 ? 2.0 * m.xy / denominator : NAN;
}

double pearson(std::span<const double> x, std::span<const double> y) {
  VITRINE_EXPECT(x.size() == y.size());
  if (x.size() < 3 || is_constant(x) || is_constant(y)) return NAN;
  const Moments m(x, y);
  return std::clamp(m.xy / (std::sqrt(m.xx) * std::sqrt(m.yy)), -1.0, 1.0);
}

double spearman(std::span<const double> x, std::span<const double> y) {
  VITRINE_EXPECT(x.size() == y.size());
  if (x.size() < 3 || is_constant(x) || is_constant(y)) return NAN;
  return pearson(ranks(x), ranks(y));
}

Estimate association_by_patients(Association kind, std::span<const double> x,
                                 std::span<const double> y, const Clusters& patients,
                                 const Resampling& resampling) {
  VITRINE_EXPECT(x.size() == y.size());
  const bool lin = kind == Association::concordance;
  std::vector<Index> kept;
  std::vector<double> a, b;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i]) || std::isnan(y[i])) continue;
    kept.push_back(Index(i));
    a.push_back(x[i]);
    b.push_back(y[i]);
  }
  const std::size_t fewest = lin ? 2 : 3;
  if (kept.size() < fewest)
    return Estimate::withheld(str(kept.size(), " pair(s) of values: at least ", fewest, " needed"));
  if (lin ? is_constant(a) && is_constant(b) : is_constant(a) || is_constant(b))
    return Estimate::withheld(lin ? "every value is the same" : "one of the two does not vary");
  if (kind == Association::spearman) {
    a = ranks(a);
    b = ranks(b);
  }
  const double value = lin ? concordance(a, b) : pearson(a, b);
  // About the means and in units of the spread, so that sums of products keep their digits.
  const Moments whole(a, b);
  const double unit = lin ? std::sqrt(std::max(whole.xx, whole.yy)) : 1.0;
  const double unit_a = lin ? unit : std::sqrt(whole.xx), unit_b = lin ? unit : std::sqrt(whole.yy);
  const double offset = lin ? (whole.mean_x - whole.mean_y) / unit : 0.0;
  const auto add = [&](Index row, std::span<double> sums) {
    const double u = (a[std::size_t(row)] - whole.mean_x) / unit_a;
    const double v = (b[std::size_t(row)] - whole.mean_y) / unit_b;
    const double terms[] = {1.0, u, v, u * u, v * v, u * v};
    for (std::size_t t = 0; t < 6; ++t) sums[t] += terms[t];
  };
  const auto coefficient = [&](std::span<const double> s) {
    const double n = s[0], mean_u = s[1] / n, mean_v = s[2] / n;
    const double uu = std::max(0.0, s[3] - s[1] * mean_u), vv = std::max(0.0, s[4] - s[2] * mean_v);
    const double uv = s[5] - s[1] * mean_v, apart = offset + mean_u - mean_v;
    const double below = lin ? 0.5 * (uu + vv + n * apart * apart) : std::sqrt(uu) * std::sqrt(vv);
    return n >= 2.0 && below > 1e-14 ? std::clamp(uv / below, -1.0, 1.0) : double(NAN);
  };
  const PatientSums sums = sum_by_patient(patients.only(kept), 6, add);
  const Scale scale = Scale::between(-1.0, 1.0);
  Estimate result = lin ? patient_bootstrap(sums, resampling, scale, coefficient)
                        : patient_jackknife(sums, resampling.confidence, scale, coefficient);
  result.value = value;
  return result;
}

bool is_constant(std::span<const double> values) {
  if (values.empty()) return true;
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  const double magnitude = std::max(std::fabs(*low), std::fabs(*high));
  return *high - *low <= 1e-13 * magnitude;
}

}  // namespace vitrine::evaluation

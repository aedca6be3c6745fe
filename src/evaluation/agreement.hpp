#pragma once
#include <Eigen/Core>
#include <span>
#include <vector>

#include "vitrine/evaluation/bootstrap.hpp"
#include "vitrine/evaluation/estimate.hpp"

namespace vitrine::evaluation {

/// Subjects down, raters (arms) across; NaN where there is no measurement.
using Ratings = Eigen::MatrixXd;

/// Mean squares of a two-way layout with one value per cell.
struct MeanSquares {
  Index subjects = 0, raters = 0;
  double between_subjects = 0.0;  ///< MSR
  double between_raters = 0.0;    ///< MSC
  double error = 0.0;             ///< MSE, of the two-way layout
  double within_subjects = 0.0;   ///< MSW, of the one-way layout
};

/// Mean squares of the given rows, which may repeat and must be complete.
MeanSquares mean_squares(const Ratings& ratings, std::span<const Index> rows);

/// The six intraclass correlations of Shrout & Fleiss (1979), in the names of McGraw & Wong (1996).
struct Icc {
  Estimate one_way;      ///< ICC(1,1)
  Estimate agreement;    ///< ICC(A,1) = ICC(2,1): arm offsets count as disagreement
  Estimate consistency;  ///< ICC(C,1) = ICC(3,1): they do not
  Estimate one_way_mean, agreement_mean, consistency_mean;  ///< of the mean of all raters, ICC(.,k)
  Index subjects = 0;                                       ///< complete rows that were used
  Index incomplete = 0;  ///< rows left out because a value is missing
};

/// All six with their F-based intervals.
///
/// The interval of ICC(A,1) takes raters as a random sample of many; for arms that a trial has
/// chosen use `agreement_by_patients`. Constant ratings, one rater or one subject: withheld, with
/// the reason.
Icc intraclass_correlation(const Ratings& ratings, double confidence = 0.95);

/// Coefficients of agreement, all functions of the mean squares.
enum class Agreement {
  absolute,             ///< ICC(A,1): arm offsets count as disagreement
  consistency,          ///< ICC(C,1): they do not
  overall_concordance,  ///< OCCC of Barnhart et al. 2002: Lin's coefficient for several arms
};

/// The coefficient for fixed arms, with an interval from a bootstrap over patients; rows are
/// lesions.
///
///   OCCC = 2 sum over pairs of cov_ij / ((k - 1) sum of var_i + sum over pairs of (m_i - m_j)^2)
///        = (MSR - MSE) / (MSR + (k - 1) MSE + k / (n - 1) MSC)
/// with variances over n: the mean of the pairs' Lin coefficients, weighted with their denominators
/// (Barnhart, Haber & Song 2002; Lin 2000; King & Chinchilli 2001 with squared distance).
Estimate agreement_by_patients(const Ratings& ratings, const Clusters& patients,
                               const Resampling& resampling, Agreement kind = Agreement::absolute);
/// Several coefficients at once, from the same resamples.
std::vector<Estimate> agreements_by_patients(const Ratings& ratings, const Clusters& patients,
                                             const Resampling& resampling,
                                             std::span<const Agreement> kinds);

/// Numbers of rows without a NaN.
std::vector<Index> complete_rows(const Ratings& ratings);

/// Lin's concordance correlation coefficient (variances over n); NaN for fewer than two pairs or
/// where neither variable varies.
double concordance(std::span<const double> x, std::span<const double> y);
/// Pearson's correlation; NaN for fewer than three pairs or where one variable does not vary.
double pearson(std::span<const double> x, std::span<const double> y);
/// Spearman's rank correlation, ties with their mean rank; NaN as `pearson`.
double spearman(std::span<const double> x, std::span<const double> y);

/// Pearson's correlation of values or their ranks, and Lin's concordance: which one a pair of
/// variables is asked for.
enum class Association { pearson, spearman, concordance };

/// The coefficient with an interval by patients; row i is the pair (x[i], y[i]), left out if one is
/// NaN. Ranks are those of the whole sample.
///
/// Correlations: leaving out one patient, Student's t on Fisher's z. Concordance: the studentised
/// bootstrap, because an offset between the variables makes its z skew (with one of three standard
/// deviations the former covers 87 to 92 % from 6 to 30 patients, the latter 94 %).
Estimate association_by_patients(Association kind, std::span<const double> x,
                                 std::span<const double> y, const Clusters& patients,
                                 const Resampling& resampling);

/// True if the values differ by no more than rounding of their magnitude.
bool is_constant(std::span<const double> values);

}  // namespace vitrine::evaluation

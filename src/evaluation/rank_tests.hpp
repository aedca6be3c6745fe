#pragma once
#include <Eigen/Core>
#include <span>
#include <string>
#include <vector>

#include "vitrine/model/volume.hpp"

namespace vitrine::evaluation {

/// Ranks from 1, ties with their mean rank.
std::vector<double> ranks(std::span<const double> values);

/// A test on ranks: its statistic and the probability of one as large if nothing differs.
struct RankTest {
  double statistic = 0.0;  ///< NaN where `reason` says why
  double degrees = 0.0;    ///< of the chi-square distribution that it follows in large samples
  double p = 0.0;
  bool exact = false;  ///< p counts all arrangements of the ranks; else it is chi-square's
  Index used = 0;      ///< values (Kruskal-Wallis) or complete rows (Friedman)
  std::string reason;
};

/// Most arrangements of ranks that are counted one by one for an exact p.
inline constexpr double most_arrangements = 50000.0;

/// Kruskal & Wallis 1952: do independent groups differ in level?
///
/// H = (N - 1) sum of n_i (r_i - r)^2 / sum of (rank - r)^2, r_i the mean rank of group i: the
/// statistic with its correction for ties. NaN values and empty groups are left out.
RankTest kruskal_wallis(std::span<const std::vector<double>> groups);

/// Friedman 1937: do the columns (arms) differ in level, each row (patient) its own block?
///
/// Q = (k - 1) sum over columns of (R_j - n (k + 1) / 2)^2 / (sum of rank^2 - n k (k + 1)^2 / 4)
/// with ranks within rows and R_j their sum in column j (Conover 1999, with ties). Rows with a NaN
/// are left out. Rows must be independent: lesions of one patient are averaged first.
RankTest friedman(const Eigen::MatrixXd& blocks);

}  // namespace vitrine::evaluation

#pragma once
#include <span>
#include <vector>

namespace vitrine::evaluation {

/// How p values of many features are adjusted for being many.
enum class Adjustment {
  holm,                 ///< family-wise error, step-down (Holm 1979)
  benjamini_hochberg,   ///< false discovery rate, independent or positively dependent tests (1995)
  benjamini_yekutieli,  ///< false discovery rate, any dependence (2001)
};

/// Adjusted p values in the order given: reject where they are at most the level wanted.
///
/// For the m p values sorted upwards, p(i):
///   Holm: the largest of (m - j + 1) p(j), j <= i; BH: the smallest of m / j p(j), j >= i;
///   BY: BH times 1 + 1/2 + ... + 1/m; all at most 1.
/// NaN (a test that was withheld) stays NaN and is not counted.
std::vector<double> adjusted(std::span<const double> p, Adjustment adjustment);

}  // namespace vitrine::evaluation

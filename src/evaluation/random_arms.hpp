#pragma once
#include <string>

#include "vitrine/evaluation/agreement.hpp"
#include "vitrine/evaluation/effect.hpp"

namespace vitrine::evaluation {

/// Why a statistic of random arms that resamples patients alone has no interval.
inline constexpr const char* no_bootstrap_of_random_arms =
    "no interval: the arms are random, which a bootstrap over patients misses";

/// Why so many random arms have no interval, or "".
std::string too_few_arms(Index arms);

/// ICC(A,1) = ICC(2,1) of arms that are a random sample; rows are lesions.
///
/// Generalised interval (Tian & Cappelleri 2004; Weerahandi 1993): each mean square is its
/// expectation times chi-square over degrees, so draws of the three chi-squares give draws of the
/// variances, none below zero, and of the ICC, whose quantiles are the ends. The degrees of MSR are
/// those that the variance between patients supports (Satterthwaite, error by leaving out
/// patients), at most n - 1: lesions of one patient are alike. Draws are keyed to
/// `resampling.stream`. A bootstrap over patients would not resample the arms and must not be used.
/// No interval below `fewest_levels`, and the reason says so.
Estimate agreement_of_random_arms(const Ratings& ratings, const Clusters& patients,
                                  const Resampling& resampling);

/// ICC(A,1) as the arms are declared.
Estimate agreement_of(Effect arms, const Ratings& ratings, const Clusters& patients,
                      const Resampling& resampling);

/// Square root of the variance of one measurement in any arm, (MSC + (n - 1) MSE) / n, for arms
/// that are a random sample.
///
/// Interval by modified large samples, for a sum of mean squares with positive factors (Graybill &
/// Wang 1980): exact where one term is alone.
Estimate sd_of_random_arms(const Ratings& complete, double confidence = 0.95);

}  // namespace vitrine::evaluation

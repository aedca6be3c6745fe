#pragma once
#include <optional>
#include <utility>

#include "vitrine/evaluation/detail/profiled_likelihood.hpp"

namespace vitrine::evaluation::detail {

/// Ends of a profile-likelihood interval of the variance of one component, or of the share of a
/// set: where -2 log L, all else at its best, is a chi-square quantile of one degree of freedom
/// above its least. Nothing if an end was not found. The lower end is 0 where 0 lies within.
std::optional<std::pair<double, double>> profile_interval(const ProfiledLikelihood& likelihood,
                                                          const LikelihoodPoint& best,
                                                          Held::What what,
                                                          const std::vector<bool>& set,
                                                          double confidence);

/// The variance of a component, or the share of a set, at a point.
double held_value(const LikelihoodPoint& point, Held::What what, const std::vector<bool>& set);

}  // namespace vitrine::evaluation::detail

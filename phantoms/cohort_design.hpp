#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

struct Cohort;

/// Two parameters of the anatomy that go together: a Gaussian copula, which leaves the distribution
/// of each as it is.
struct Correlation {
  std::vector<std::string> between;  ///< two keys
  double coefficient = 0.0;          ///< of the normal scores, between -1 and 1
  static const Schema<Correlation>& schema();
};

/// A part of the cohort of a fixed size.
struct CohortStratum {
  double share = 1.0;  ///< of the cohort
  /// Keys of the anatomy and what they are in this part: another value or distribution, or
  /// [low, high], which keeps what lies in that range of the cohort's distribution.
  Value anatomy;
  static const Schema<CohortStratum>& schema();
};

/// Which of `count` subjects `case_id` is, from 0: its last digits less 1. Throws Error (input).
std::uint32_t subject_of(const Cohort& cohort, std::string_view case_id);

/// Subjects in each of the cohort's strata: shares of the count, the largest remainders rounded up.
std::vector<std::uint32_t> stratum_sizes(const Cohort& cohort);

/// The anatomy of one patient: the cohort's, with what strata and correlations decide put in.
Pick<Anatomy> anatomy_of(const Cohort& cohort, std::uint64_t seed, std::string_view case_id);

/// What is wrong with strata and correlations; `node` says where they stand.
void check_design(const Cohort& cohort, const Value& node, Diagnostics& problems);

}  // namespace vitrine::phantoms

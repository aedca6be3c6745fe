#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/lesion_spec.hpp"

namespace vitrine::phantoms {

struct Cohort;

/// Two parameters of the anatomy that go together: a Gaussian copula, which leaves the distribution
/// of each as it is.
struct Correlation {
  std::vector<std::string> between;  ///< two keys
  double coefficient = 0.0;          ///< of the normal scores, between -1 and 1
  static const Schema<Correlation>& schema();
};

/// A named part of the cohort. Its patients are called after it and drawn from streams of that
/// name, so that another stratum, or more patients here, change none of them.
struct CohortStratum {
  std::string name;
  /// How many patients: one of the two, the same one in all strata.
  std::optional<std::int64_t> count;
  std::optional<double> share;  ///< of the cohort
  /// Keys of the anatomy and what they are in this part: another value or distribution, or
  /// [low, high], which keeps what lies in that range of the cohort's distribution.
  Value anatomy;
  std::optional<std::vector<LesionSpec>> lesions;  ///< none: the cohort's
  static const Schema<CohortStratum>& schema();
};

/// Patients in each of the cohort's strata: their counts, or shares of the cohort's, the largest
/// remainders rounded up.
std::vector<std::uint32_t> stratum_sizes(const Cohort& cohort);

/// All patients of the cohort.
std::int64_t patient_count(const Cohort& cohort);

/// Their ids, stratum after stratum: `case001`, or with strata the stratum's name and the patient's
/// number in it, `small_nodules_001`.
std::vector<std::string> patient_ids(const Cohort& cohort);

/// Where a patient stands: which of the cohort's patients or, with strata, of its stratum's.
struct Place {
  const CohortStratum* stratum = nullptr;  ///< none without strata
  std::uint32_t subject = 0;               ///< from 0: the id's last digits less 1
  std::uint32_t of = 1;                    ///< patients
};

/// Throws Error (input) if no patient of the cohort is called so.
Place place_of(const Cohort& cohort, std::string_view case_id);

/// Name of a patient's stratum; empty without strata.
std::string stratum_name(const Cohort& cohort, std::string_view case_id);

/// The cohort as far as it is one patient's business: with its own stratum alone and that one's
/// lesions. How many others there are is left out where they make no difference.
Cohort own_cohort(const Cohort& cohort, std::string_view case_id);

/// The anatomy of one patient: the cohort's, with what strata and correlations decide put in.
Pick<Anatomy> anatomy_of(const Cohort& cohort, std::uint64_t seed, std::string_view case_id);

/// What is wrong with strata and correlations; `node` says where they stand.
void check_design(const Cohort& cohort, const Value& node, Diagnostics& problems);

}  // namespace vitrine::phantoms

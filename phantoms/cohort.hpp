#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/cohort_design.hpp"
#include "vitrine/phantoms/lesion_spec.hpp"
#include "vitrine/phantoms/tissue_texture.hpp"

namespace vitrine::phantoms {

/// Who is in the trial.
struct Cohort {
  std::optional<std::int64_t> count;  ///< none: 1, or what the strata's counts make
  std::string design = "independent";
  Pick<Anatomy> anatomy;
  std::vector<Correlation> correlations;
  std::vector<CohortStratum> strata;
  std::vector<LesionSpec> lesions;
  /// Cardiac output over what the body's size predicts; as predicted where nothing is said.
  std::optional<Distribution> cardiac_output;
  std::vector<TissueTexture> textures;  ///< of the patients' own tissues
  std::optional<double> voxels;         ///< mm: patients of voxels; analytic where nothing is said
  static const Schema<Cohort>& schema();
};

/// Whether the strength of any lesion's texture is drawn, in any stratum.
bool draws_heterogeneity(const Cohort& cohort);

/// One patient's random numbers for anatomy and lesions, as the cohort's design wants them.
class PatientDraws {
 public:
  /// The number at the end of `case_id` says which of the cohort's patients, or of its stratum's,
  /// it is, from 1.
  PatientDraws(const Cohort& cohort, std::uint64_t seed, std::string_view case_id);

  Rng anatomy() const { return numbers(Draw::anatomy, 0); }
  Rng lesion(std::uint64_t number) const { return numbers(Draw::lesion, number); }
  /// Of the strength of a lesion's texture.
  Rng texture(std::uint64_t lesion) const { return numbers(Draw::texture, lesion + strength); }
  Rng circulation() const { return numbers(Draw::contrast, 0); }

 private:
  Rng numbers(Draw purpose, std::uint64_t element) const;

  static constexpr std::uint64_t strength = std::uint64_t{1} << 31;  // apart from the fields
  std::uint64_t seed_;
  std::string case_id_;
  std::string stratum_;                  // its name and a space; empty without strata
  std::uint32_t index_ = 0, count_ = 1;  // in a Latin hypercube; of one subject without
};

}  // namespace vitrine::phantoms

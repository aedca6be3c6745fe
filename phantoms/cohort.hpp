#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/cohort_design.hpp"
#include "vitrine/phantoms/growth.hpp"
#include "vitrine/phantoms/lesion_composition.hpp"
#include "vitrine/phantoms/lesion_enhancement.hpp"
#include "vitrine/phantoms/lesion_shape.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"
#include "vitrine/phantoms/tissue_texture.hpp"

namespace vitrine::phantoms {

/// One kind of lesion of a population, and how many a patient has.
struct LesionSpec {
  std::string organ = "lung";
  std::string lobe = "any";
  Distribution count{1.0};
  Pick<LesionShape> shape;
  Pick<LesionComposition> composition;  ///< solid where there is none
  Pick<LesionTexture> texture;
  Distribution attenuation{30.0};  ///< HU at 70 keV
  Distribution margin{0.0};        ///< mm: width of the ramp of density at the edge
  std::string attachment = "free";
  std::optional<Distribution> distance;  ///< mm from the organ's surface
  Distribution level{
      Distribution::uniform(0.35, 0.65)};  ///< of all this patient's lesions, 0 bottom to 1 top
  double spread = 24.0;                    ///< mm: lesion centres lie within this range of z
  Pick<Growth> growth;                     ///< the same size at every visit where there is none
  Distribution appears{0.0};               ///< day of the first visit that sees it; 0: the baseline
  Pick<LesionEnhancement> enhancement;     ///< none where nothing is said
  double mass_effect = 0.0;                ///< share of its volume that it pushes aside
  static const Schema<LesionSpec>& schema();
};

/// Who is in the trial.
struct Cohort {
  std::int64_t count = 1;
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

/// One patient's random numbers for anatomy and lesions, as the cohort's design wants them.
class PatientDraws {
 public:
  /// The number at the end of `case_id` says which of the cohort's patients it is, from 1.
  PatientDraws(const Cohort& cohort, std::uint64_t seed, std::string_view case_id);

  Rng anatomy() const { return numbers(Draw::anatomy, 0); }
  Rng lesion(std::uint64_t number) const { return numbers(Draw::lesion, number); }
  Rng circulation() const { return numbers(Draw::contrast, 0); }

 private:
  Rng numbers(Draw purpose, std::uint64_t element) const;

  std::uint64_t seed_;
  std::string case_id_;
  std::uint32_t index_ = 0, count_ = 1;  // in a Latin hypercube; of one subject without
};

}  // namespace vitrine::phantoms

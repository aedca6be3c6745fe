#include "vitrine/phantoms/cohort.hpp"

#include <algorithm>
#include <set>

namespace vitrine::phantoms {

const Schema<Cohort>& Cohort::schema() {
  static const auto s =
      Schema<Cohort>("patients", "The patients of a trial")
          .optional("count", &Cohort::count,
                    "number of patients (what the strata's counts make, if they have any)")
          .between(1, 100000)
          .optional("design", &Cohort::design,
                    "independent patients, or a Latin hypercube that spreads every parameter "
                    "evenly over them")
          .one_of({"independent", "latin_hypercube"})
          .required("anatomy", &Cohort::anatomy, "kind of body, with sampled parameters")
          .optional("correlations", &Cohort::correlations,
                    "parameters of the anatomy that go together")
          .optional(
              "strata", &Cohort::strata,
              "named parts of the cohort, each with its size and its own anatomy and lesions; "
              "patients are named after them")
          .optional("lesions", &Cohort::lesions, "kinds of lesions")
          .optional("textures", &Cohort::textures,
                    "heterogeneity of the patients' own tissues (none if nothing is said)")
          .optional("cardiac_output", &Cohort::cardiac_output, unit::percent,
                    "cardiac output over what height and weight predict (100 if nothing is said); "
                    "it moves and shapes the curves of contrast medium")
          .between(30, 200)
          .optional("voxels", &Cohort::voxels, unit::mm,
                    "make the body of voxels of this size, as a voxel phantom is, instead of exact "
                    "surfaces; lesions keep their own detail")
          .between(0.2, 5)
          .rule("textures: a tissue has one texture at most (each is drawn once)",
                [](const Cohort& c) {
                  std::set<std::string> seen;
                  return std::all_of(
                      c.textures.begin(), c.textures.end(),
                      [&](const TissueTexture& t) { return seen.insert(t.tissue).second; });
                })
          .checked(check_design);
  return s;
}

bool draws_heterogeneity(const Cohort& cohort) {
  const auto drawn = [](const LesionSpec& lesion) {
    return lesion.texture && lesion.texture->heterogeneity().kind() != Distribution::Kind::fixed;
  };
  return std::ranges::any_of(cohort.lesions, drawn) ||
         std::ranges::any_of(cohort.strata, [&](const CohortStratum& stratum) {
           return stratum.lesions && std::ranges::any_of(*stratum.lesions, drawn);
         });
}

PatientDraws::PatientDraws(const Cohort& cohort, std::uint64_t seed, std::string_view case_id)
    : seed_(seed), case_id_(case_id) {
  if (cohort.design != "latin_hypercube") return;
  const Place place = place_of(cohort, case_id);
  index_ = place.subject;
  count_ = place.of;
  if (place.stratum) stratum_ = place.stratum->name + ' ';
}

Rng PatientDraws::numbers(Draw purpose, std::uint64_t element) const {
  // Every kind of draw has permutations of its own; else a lesion would go with its patient's size.
  const std::string owner = str("cohort ", stratum_, int(purpose), ' ', element);
  return Rng(make_stream(seed_, case_id_, purpose), element,
             Stratum{make_stream(seed_, owner, Draw::design), index_, count_});
}

}  // namespace vitrine::phantoms

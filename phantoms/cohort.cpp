#include "vitrine/phantoms/cohort.hpp"
#include <algorithm>
#include <set>

namespace vitrine::phantoms {

const Schema<LesionSpec>& LesionSpec::schema() {
  static const auto s =
      Schema<LesionSpec>("lesion", "A kind of lesion and how many of them a patient has")
          .optional("organ", &LesionSpec::organ, "where it grows")
          .one_of(host_organs())
          .optional(
              "lobe", &LesionSpec::lobe,
              "of the lung that holds all of it; level then goes from the lobe's bottom to top")
          .one_of({"any", "right_upper", "right_middle", "right_lower", "left_upper", "left_lower"})
          .optional("count", &LesionSpec::count, "lesions of this kind per patient (rounded)")
          .between(0, 20)
          .required("shape", &LesionSpec::shape, "outline")
          .optional("composition", &LesionSpec::composition,
                    "what it consists of, and where (soft tissue throughout if nothing is said)")
          .optional("texture", &LesionSpec::texture, "heterogeneity inside")
          .optional("attenuation", &LesionSpec::attenuation, unit::hu,
                    "CT number of its tissue at 70 keV, before contrast medium")
          .between(-900, 1000)
          .optional("margin", &LesionSpec::margin, unit::mm,
                    "width over which the density falls at the edge (0: sharp)")
          .between(0, 6)
          .optional("attachment", &LesionSpec::attachment,
                    "what it sits at: nothing, the pleura from inside, or the axis of a vessel")
          .one_of({"free", "pleura", "vessel"})
          .optional("distance", &LesionSpec::distance, unit::mm,
                    "from its edge to the organ's surface (anywhere if nothing is said)")
          .between(0, 100)
          .optional("level", &LesionSpec::level,
                    "height of the patient's lesions in the organ, 0 bottom, 1 top")
          .between(0, 1)
          .optional("spread", &LesionSpec::spread, unit::mm,
                    "lesion centres of a patient lie within this range of z")
          .between(0, 300)
          .optional("growth", &LesionSpec::growth, "how it changes until later visits (stable)")
          .optional("appears_day", &LesionSpec::appears,
                    "day since the baseline before which it is not there")
          .between(0, 3650)
          .optional("enhancement", &LesionSpec::enhancement,
                    "how it takes up contrast medium (not at all if nothing is said)")
          .optional("mass_effect", &LesionSpec::mass_effect, unit::percent,
                    "share of its volume by which it pushes vessels, airways and ventricles of its "
                    "organ aside instead of taking their place")
          .between(0, 100)
          .unless_default()
          .rule(
              "mass_effect_percent goes with attachment: free or pleura (it would push its own "
              "vessel away)",
              [](const LesionSpec& l) { return l.mass_effect == 0.0 || l.attachment != "vessel"; })
          .rule("distance_mm goes with attachment: free (pleura means 0, a vessel has its place)",
                [](const LesionSpec& l) { return !l.distance || l.attachment == "free"; })
          .rule("lobe goes with organ: lung (other organs have none here)",
                [](const LesionSpec& l) { return l.lobe == "any" || l.organ == "lung"; })
          .rule("attachment: pleura goes with organ: lung (elsewhere say distance_mm: 0)",
                [](const LesionSpec& l) { return l.attachment != "pleura" || l.organ == "lung"; });
  return s;
}

const Schema<Cohort>& Cohort::schema() {
  static const auto s =
      Schema<Cohort>("patients", "The patients of a trial")
          .required("count", &Cohort::count, "number of patients")
          .between(1, 100000)
          .optional("design", &Cohort::design,
                    "independent patients, or a Latin hypercube that spreads every parameter "
                    "evenly over them")
          .one_of({"independent", "latin_hypercube"})
          .required("anatomy", &Cohort::anatomy, "kind of body, with sampled parameters")
          .optional("correlations", &Cohort::correlations,
                    "parameters of the anatomy that go together")
          .optional("strata", &Cohort::strata,
                    "parts of the cohort of fixed sizes, by sex, age, BMI or anything else")
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

PatientDraws::PatientDraws(const Cohort& cohort, std::uint64_t seed, std::string_view case_id)
    : seed_(seed), case_id_(case_id) {
  if (cohort.design != "latin_hypercube") return;
  index_ = subject_of(cohort, case_id);
  count_ = static_cast<std::uint32_t>(cohort.count);
}

Rng PatientDraws::numbers(Draw purpose, std::uint64_t element) const {
  // Every kind of draw has permutations of its own; else a lesion would go with its patient's size.
  const std::string owner = str("cohort ", int(purpose), ' ', element);
  return Rng(make_stream(seed_, case_id_, purpose), element,
             Stratum{make_stream(seed_, owner, Draw::design), index_, count_});
}

}  // namespace vitrine::phantoms

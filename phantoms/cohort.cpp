#include "vitrine/phantoms/cohort.hpp"

namespace vitrine::phantoms {

const Schema<LesionSpec>& LesionSpec::schema() {
  static const auto s =
      Schema<LesionSpec>("lesion", "A kind of lesion and how many of them a patient has")
          .optional("organ", &LesionSpec::organ, "where it grows")
          .one_of({"lung", "liver", "kidney", "spleen", "pancreas", "brain"})
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
          .rule("distance_mm goes with attachment: free (pleura means 0, a vessel has its place)",
                [](const LesionSpec& l) { return !l.distance || l.attachment == "free"; })
          .rule("attachment: pleura goes with organ: lung (elsewhere say distance_mm: 0)",
                [](const LesionSpec& l) { return l.attachment != "pleura" || l.organ == "lung"; });
  return s;
}

const Schema<Cohort>& Cohort::schema() {
  static const auto s =
      Schema<Cohort>("patients", "The patients of a trial")
          .required("count", &Cohort::count, "number of patients")
          .between(1, 100000)
          .required("anatomy", &Cohort::anatomy, "kind of body, with sampled parameters")
          .optional("lesions", &Cohort::lesions, "kinds of lesions");
  return s;
}

}  // namespace vitrine::phantoms

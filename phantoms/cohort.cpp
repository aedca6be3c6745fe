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
          .optional("texture", &LesionSpec::texture, "heterogeneity inside")
          .optional("attenuation", &LesionSpec::attenuation, unit::hu,
                    "mean CT number of the interior at 70 keV")
          .between(-900, 1000)
          .optional("margin", &LesionSpec::margin, unit::mm,
                    "width over which the density falls at the edge (0: sharp)")
          .between(0, 6)
          .optional("level", &LesionSpec::level,
                    "height of the patient's lesions in the lung, 0 bottom, 1 top")
          .between(0, 1)
          .optional("spread", &LesionSpec::spread, unit::mm,
                    "lesion centres of a patient lie within this range of z")
          .between(0, 300);
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

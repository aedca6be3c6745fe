#include "vitrine/phantoms/lesion_spec.hpp"

#include "vitrine/phantoms/anatomy.hpp"

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

}  // namespace vitrine::phantoms

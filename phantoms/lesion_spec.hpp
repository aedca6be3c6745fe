#pragma once
#include <optional>
#include <string>

#include "vitrine/phantoms/growth.hpp"
#include "vitrine/phantoms/lesion_composition.hpp"
#include "vitrine/phantoms/lesion_enhancement.hpp"
#include "vitrine/phantoms/lesion_shape.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"

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

}  // namespace vitrine::phantoms

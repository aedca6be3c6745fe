#pragma once
#include <string>
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/contrast.hpp"
#include "vitrine/phantoms/lesion_composition.hpp"

namespace vitrine::phantoms {

/// Contrast medium around a lesion at the moment of a scan.
struct LesionSupply {
  const Enhancement& patient;
  std::string organ;         ///< where the lesion grows
  double host_iodine = 0.0;  ///< in the organ's tissue, g/mm^3
};

/// How the soft tissue of a lesion takes contrast medium up.
class LesionEnhancement {
 public:
  virtual ~LesionEnhancement() = default;
  /// Add iodine to the layers that are soft tissue, in place of what their composition brought.
  /// Ground glass keeps the iodine of its host. May add a layer inside; draws only from `rng`.
  virtual void enhance(std::vector<Layer>& layers, const LesionSupply& supply, Rng rng) const = 0;
};

const Catalogue<LesionEnhancement>& lesion_enhancements();
const Catalogue<LesionEnhancement>& catalogue_for(const LesionEnhancement*);

}  // namespace vitrine::phantoms

#pragma once
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// The outline of a lesion: a union of convex solids about the origin.
class LesionShape {
 public:
  virtual ~LesionShape() = default;
  /// The solids of one lesion, centred at the origin; draws only from `rng`.
  virtual std::vector<Solid> outline(Rng& rng) const = 0;
};

/// The outline grown outwards by `margin` mm (inwards if negative): balls and rods gain radius.
std::vector<Solid> grown(std::vector<Solid> outline, double margin);

const Catalogue<LesionShape>& lesion_shapes();
const Catalogue<LesionShape>& catalogue_for(const LesionShape*);

}  // namespace vitrine::phantoms

#pragma once
#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/lesion_outline.hpp"

namespace vitrine::phantoms {

/// A kind of outline. Every kind's `diameter` is that of the ball of equal volume.
class LesionShape {
 public:
  virtual ~LesionShape() = default;
  /// The outline of one lesion about the origin; draws only from `rng`.
  virtual Outline outline(Rng& rng) const = 0;
};

const Catalogue<LesionShape>& lesion_shapes();
const Catalogue<LesionShape>& catalogue_for(const LesionShape*);

}  // namespace vitrine::phantoms

#pragma once
#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/random.hpp"

namespace vitrine::phantoms {

/// How a lesion's volume changes with time.
class Growth {
 public:
  virtual ~Growth() = default;
  /// Volume `days` after the baseline over the volume then: 1 at day 0, positive. Draws only from
  /// `rng`, the same numbers for every day, so that one lesion follows one curve.
  virtual double volume_ratio(double days, Rng rng) const = 0;
};

const Catalogue<Growth>& growths();
const Catalogue<Growth>& catalogue_for(const Growth*);

}  // namespace vitrine::phantoms

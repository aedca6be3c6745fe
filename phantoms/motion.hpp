#pragma once
#include <vector>

#include "vitrine/core/catalogue.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// Where a patient is at one moment of a scan.
struct Stance {
  PatientState state;
  Pose pose;
};

/// One way in which a patient moves while being scanned.
class Motion {
 public:
  virtual ~Motion() = default;
  /// Change the stance to what it is `time` s after the scan's start. `strength` 0 leaves it as it
  /// is, 1 is the whole motion. Draws only from `rng`, the same numbers at every time.
  virtual void move(Stance& stance, double time, double strength, Rng rng) const = 0;
};

const Catalogue<Motion>& motions();
const Catalogue<Motion>& catalogue_for(const Motion*);

/// The stance at a time, all motions on top of each other; each draws from `stream` at its own
/// place in the list.
Stance stance_at(const Stance& still, const std::vector<Pick<Motion>>& motions, double time,
                 double strength, const Stream& stream);

}  // namespace vitrine::phantoms

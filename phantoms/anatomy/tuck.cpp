#include "vitrine/phantoms/anatomy/tuck.hpp"

#include "vitrine/phantoms/convex.hpp"

namespace vitrine::phantoms {

Solid tucked(Solid solid, const Solid& home) {
  for (int step = 0; step < 40 && !proven_inside(solid, home); ++step)
    solid.centre += (home.centre - solid.centre).normalized();
  return solid;
}

}  // namespace vitrine::phantoms

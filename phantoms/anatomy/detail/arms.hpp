#pragma once
#include <string_view>

#include "vitrine/phantoms/scene_builder.hpp"

namespace vitrine::phantoms::detail {

/// Where the arms of a trunk are, mm.
struct Arms {
  bool raised = false;            ///< beside the head, to the elbow; else at the sides
  double half_width = 175;        ///< of the trunk that they lie against
  double middle_y = 20;           ///< of the upper arm
  double shoulder = 150;          ///< height of the joint
  double fat = 15;                ///< under the skin of the trunk; the arms have less
  double scale = 1.0;             ///< of bones and muscles over a man's
  double low = -1e9, high = 1e9;  ///< the body ends here
};

/// Skin, fat, muscles and bones of both arms: placed before the trunk, which then wins where they
/// touch.
void place_arms(SceneBuilder& scene, const Arms& arms);

}  // namespace vitrine::phantoms::detail

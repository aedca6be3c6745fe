#pragma once
#include <string>

#include "vitrine/phantoms/scene_builder.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms {

/// The sampled sizes that all parts of a chest are laid out by; mm, patient frame.
struct ChestShape {
  bool female = false;
  double half_width = 165.0, half_depth = 115.0;  ///< of the body with skin
  double fat = 12.0;                              ///< at the sides; 0.7 of it in front and behind
  double heart_scale = 1.0;
  double lung_density = 0.26e-3;  ///< g/mm^3, at this inspiration
  Vec3 stretch = Vec3::Ones();    ///< of the lungs about the cage's centre

  /// The inner surface of the ribs is an ellipsoid: 20 mm of wall and ribs at the sides, more
  /// behind.
  Vec3 cage_centre() const { return {0.0, -10.0, -20.0}; }
  Vec3 cage_half_axes() const {
    return {half_width - fat - 20.0, half_depth - 0.7 * fat - 26.0, 160.0};
  }
  double cage_back() const { return cage_centre().y() + cage_half_axes().y(); }
  double cage_front() const { return cage_centre().y() - cage_half_axes().y(); }
};

/// Skin, fat, muscle, breasts and shoulder blades.
void place_wall(SceneBuilder& scene, const ChestShape& chest);
/// Spine with discs, canal and processes; ribs with their cartilage; sternum.
void place_skeleton(SceneBuilder& scene, const ChestShape& chest);

}  // namespace vitrine::phantoms

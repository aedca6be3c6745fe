#pragma once
#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_frame.hpp"

namespace vitrine::phantoms::detail {

/// A chest on an abdomen, in the abdomen's frame.
struct TorsoFrame {
  AbdomenFrame belly;
  ThoraxFrame chest;
  Vec3 lift = Vec3::Zero();  ///< from the chest's frame to the abdomen's, mm
  double hips = 1.0;         ///< width at the hips over that at the waist

  /// A point that bones of the pelvis are fixed to: reference mm about the lumbar spine.
  Vec3 bone(double px, double py, double pz) const {
    return {belly.bone * px, belly.spine + belly.bone * (py - abdomen_reference::spine_y),
            belly.z * pz};
  }
};

/// Skin, fat and muscles from the neck to the thighs.
void place_torso_wall(SceneBuilder& scene, const TorsoFrame& f);
/// Fat, bladder, rectum and the organs of the sex within the pelvis.
void place_pelvic_organs(SceneBuilder& scene, const TorsoFrame& f);
/// External iliac and femoral vessels.
void place_pelvic_vessels(SceneBuilder& scene, const TorsoFrame& f);
/// Sacrum, hip bones and the upper ends of the femora.
void place_pelvic_skeleton(SceneBuilder& scene, const TorsoFrame& f);

}  // namespace vitrine::phantoms::detail

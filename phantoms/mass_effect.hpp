#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// Room that something takes in a host: what lies about it moves away.
///
/// Radial flow of an incompressible medium about `centre`: what was at r is at cbrt(r^3 + radius^3)
/// up to `radius`, less beyond, and nothing moves past four times that distance.
struct Push {
  static constexpr double reach = 4.0;  ///< of `radius`
  Vec3 centre = Vec3::Zero();           ///< mm
  double radius = 0.0;                  ///< mm, of a ball of the volume that is taken

  /// Where what was at p is now.
  Vec3 operator()(const Vec3& p) const;
};

/// Move the organs that lie inside the host's tissue (Host::inside). Vessels and airways keep their
/// calibre and their joints; the host's surface stays and its tissue keeps its density. Throws
/// Error (unsupported) where the patient is of imported voxels.
void push_aside(SceneBuilder& scene, const Push& push, const Host& host);

}  // namespace vitrine::phantoms

#pragma once
#include <vector>

#include "vitrine/core/math.hpp"
#include "vitrine/core/random.hpp"
#include "vitrine/phantoms/anatomy/tuck.hpp"
#include "vitrine/phantoms/scene_builder.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms::detail {

/// The reference head: all layouts are written for it and stretched to the patient's size.
namespace head_reference {
inline constexpr double half_breadth = 75.85, half_length = 98.55;  // mm, outer
inline constexpr double bottom = -118.0;                            // mm, where the body ends
}  // namespace head_reference

/// Sampled sizes of one head and the map from the reference proportions to it.
struct HeadFrame {
  bool female = false;
  double x = 1.0, y = 1.0, z = 1.0;  ///< stretch
  double skull = 6.5;                ///< mm, thickness of the vault
  double ventricle = 1.0;            ///< linear scale of the ventricles

  Vec3 at(const Vec3& p) const { return {x * p.x(), y * p.y(), z * p.z()}; }
  Vec3 size(const Vec3& h) const { return at(h); }
  double round() const { return math::cbrt(x * y * z); }
  double bottom() const { return z * head_reference::bottom; }
  Solid part(const Vec3& c, const Vec3& h, const Mat3& axes = Mat3::Identity()) const {
    return ellipsoid(at(c), size(h), axes);
  }
  std::vector<Solid> tube_along(std::vector<Vec3> points, double radius) const {
    for (Vec3& p : points) p = at(p);
    return tube(points, radius * round());
  }
};

/// The vault, `depth` mm below its outer surface, closed below by the skull's base.
Solid vault(const HeadFrame& f, double depth);

void place_soft_tissue(SceneBuilder& scene, const HeadFrame& f);
void place_skull(SceneBuilder& scene, const HeadFrame& f);
void place_skull_base(SceneBuilder& scene, const HeadFrame& f, Rng& rng);
void place_brain(SceneBuilder& scene, const HeadFrame& f, Rng& rng);
void place_face(SceneBuilder& scene, const HeadFrame& f);
void place_jaws(SceneBuilder& scene, const HeadFrame& f);
void place_neck(SceneBuilder& scene, const HeadFrame& f);

}  // namespace vitrine::phantoms::detail

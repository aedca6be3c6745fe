#include <algorithm>
#include <vector>

#include "vitrine/phantoms/anatomy/detail/arms.hpp"
#include "vitrine/phantoms/convex.hpp"
#include "vitrine/phantoms/solids.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double skin = 1.8;  // mm (ICRP 89: 1.2 to 1.9 mm)

/// A limb from one joint to the next: radii of the muscles at both ends.
struct Limb {
  Vec3 from, to;
  double from_radius, to_radius;
};

class ArmBuilder {
 public:
  ArmBuilder(SceneBuilder& scene, const Arms& arms) : scene_(scene), arms_(arms) {}

  /// Limbs meet in mitres, layer by layer.
  void place_layer(const std::vector<Limb>& limbs, std::string_view organ,
                   std::string_view material, double more) {
    std::vector<Solid> layer;
    for (std::size_t i = 0; i < limbs.size(); ++i) {
      Limb limb = limbs[i];
      const Vec3 along = (limb.to - limb.from).normalized();
      const double length = (limb.to - limb.from).norm();
      constexpr double past = 24.0;  // mm beyond a joint, until the mitre has cut all of it
      const double slope = (limb.to_radius - limb.from_radius) / length;
      if (i > 0) limb.from -= past * along, limb.from_radius -= past * slope;
      if (i + 1 < limbs.size()) limb.to += past * along, limb.to_radius += past * slope;
      layer.push_back(cone(limb.from, limb.to, limb.from_radius + more, limb.to_radius + more));
      if (i > 0)
        mitre(layer[i - 1], layer[i], limbs[i].from,
              (limbs[i - 1].to - limbs[i - 1].from).normalized(), along);
    }
    scene_.begin_organ(organ);
    for (Solid& solid : layer) place(std::move(solid), material);
  }

  /// A long bone: cortex about marrow.
  void place_bone(const Vec3& from, const Vec3& to, double radius) {
    const double r = radius * arms_.scale;
    scene_.begin_organ("arm_bones");
    place(capsule(from, to, r), "cortical_bone");
    place(capsule(from, to, 0.55 * r), "spongiosa");
  }

  void place(Solid solid, std::string_view material) {
    const Bounds box = bounds(solid);
    if (box.high.z() <= arms_.low || box.low.z() >= arms_.high) return;
    if (box.low.z() < arms_.low) solid = cut(solid, Vec3(0, 0, arms_.low), -Vec3::UnitZ());
    if (box.high.z() > arms_.high) solid = cut(solid, Vec3(0, 0, arms_.high), Vec3::UnitZ());
    scene_.place(solid, material);
  }

 private:
  SceneBuilder& scene_;
  const Arms& arms_;
};

}  // namespace

void place_arms(SceneBuilder& scene, const Arms& arms) {
  ArmBuilder build(scene, arms);
  const double s = arms.scale, fat = 0.4 * arms.fat;
  // Girths of a man's arm about 33 cm, forearm 29 cm, wrist 17 cm (Gordon et al.,
  // NATICK/TR-89/044); upper arm 30 cm and forearm 26 cm long.
  const double upper = 40.0 * s, lower = 36.0 * s, wrist = 21.0 * s, cover = fat + skin;
  for (const double side : {-1.0, 1.0}) {
    std::vector<Limb> limbs;
    if (arms.raised) {
      const Vec3 shoulder(side * 0.83 * arms.half_width, arms.middle_y, arms.shoulder);
      limbs = {{shoulder, shoulder + Vec3(side * 55, -20, 295 * s), upper + 8, upper - 2}};
    } else {
      const double x = arms.half_width + upper + cover;
      const Vec3 shoulder(side * (arms.half_width - 2), arms.middle_y, arms.shoulder);
      const Vec3 elbow(side * (x + 4), arms.middle_y + 8, arms.shoulder - 300 * s);
      const Vec3 hand(side * (x - 6), arms.middle_y - 8, arms.shoulder - 560 * s);
      limbs = {{shoulder, elbow, upper + 6, lower},
               {elbow, hand, lower, wrist},
               {hand, hand + Vec3(0, -4, -95 * s), wrist, 0.9 * wrist}};
    }
    // The deltoid muscle rounds the shoulder.
    const Solid deltoid = ellipsoid(limbs[0].from, Vec3::Constant(limbs[0].from_radius));
    const auto place_layer = [&](std::string_view organ, std::string_view material, double more) {
      build.place_layer(limbs, organ, material, more);
      Solid cap = deltoid;
      cap.half_axes += Vec3::Constant(more);
      build.place(std::move(cap), material);
    };
    place_layer("skin", "skin", cover);
    place_layer("fat", "adipose", fat);
    place_layer("arm_muscle", "muscle", 0.0);
    const Vec3 joint = limbs[0].from, elbow = limbs[0].to;
    const Vec3 along = (elbow - joint).normalized();
    build.place_bone(joint + 12 * along, elbow - 14 * along, 11.5);
    if (arms.raised) continue;
    const Vec3 hand = limbs[1].to, down = (hand - elbow).normalized();
    for (const double turn : {-1.0, 1.0}) {  // radius and ulna
      const Vec3 apart = turn * s * Vec3(3, 11, 0);
      build.place_bone(elbow + 12 * down + apart, hand - 8 * down + 0.8 * apart, 7.0);
    }
  }
}

}  // namespace vitrine::phantoms::detail

#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/chest_shape.hpp"

namespace vitrine::phantoms {
namespace {

constexpr double vertebra_pitch =
    26.0;  // mm: thoracic vertebra with its disc (Panjabi et al. 1991)
constexpr int vertebrae = 12;
constexpr double lowest_vertebra = -165.0;  // mm, middle of T12

/// Middle of the vertebral bodies, behind the cage's back.
double body_y(const ChestShape& chest) { return chest.cage_back() - 4.0; }

void place_spine(SceneBuilder& scene, const ChestShape& chest) {
  const double y = body_y(chest);
  const double canal = y + 22.0;
  const double skin_back = chest.half_depth - 0.7 * chest.fat;
  for (int i = 0; i < vertebrae; ++i) {
    const double z = lowest_vertebra + vertebra_pitch * i;
    scene.begin_organ("vertebrae");
    scene.place(column({0, canal, z}, 14.0, 12.5, 8.0), "cortical_bone");  // laminae
    const Vec3 tip(0.0, std::max(skin_back - 5.0, canal + 13.0), z - 9.0);
    scene.place(capsule({0, canal + 11.0, z}, tip, 3.6), "cortical_bone");
    scene.place(capsule({0, canal + 11.0, z}, tip, 2.2), "spongiosa");
    for (const double side : {-1.0, 1.0}) {
      scene.place(capsule({side * 11.0, canal - 4.0, z}, {side * 31.0, canal + 4.0, z + 2.0}, 4.2),
                  "cortical_bone");
      scene.place(capsule({side * 11.0, canal - 4.0, z}, {side * 31.0, canal + 4.0, z + 2.0}, 2.8),
                  "spongiosa");
    }
    scene.place(column({0, y, z}, 17.0, 14.0, 10.8), "cortical_bone");
    scene.place(column({0, y, z}, 15.4, 12.4, 9.6), "spongiosa");
    scene.begin_organ("discs");
    scene.place(column({0, y, z + 0.5 * vertebra_pitch}, 16.5, 13.5, 0.5 * vertebra_pitch - 10.8),
                "cartilage");
  }
  scene.begin_organ("spinal_canal");
  const double middle = lowest_vertebra + 0.5 * vertebra_pitch * (vertebrae - 1);
  scene.place(column({0, canal, middle}, 9.0, 8.0, 0.5 * vertebra_pitch * vertebrae), "water");
  scene.place(column({0, canal, middle}, 4.5, 3.8, 0.5 * vertebra_pitch * vertebrae), "brain");
}

/// Points of a rib from the spine (share 0) to the sternum (share 1): it follows the cage and
/// falls.
Vec3 rib_point(const ChestShape& chest, double z, double side, double share) {
  const double angle =
      (14.0 + share * 138.0) * std::numbers::pi / 180.0;  // from straight back, around the side
  const double height = z - 62.0 * share;
  const Vec3 centre = chest.cage_centre(), half = chest.cage_half_axes();
  const double along = (height - centre.z()) / (half.z() + 25.0);
  const double level = std::sqrt(std::max(0.15, 1.0 - along * along));
  return {side * (half.x() + 7.0) * level * math::sin(angle),
          centre.y() + (half.y() + 7.0) * level * math::cos(angle), height};
}

void place_ribs(SceneBuilder& scene, const ChestShape& chest) {
  constexpr int segments = 11, ribs = 10;
  constexpr double bony = 0.80;  // of the way; cartilage from there
  for (int rib = 0; rib < ribs; ++rib)
    for (const double side : {-1.0, 1.0}) {
      const double z = lowest_vertebra + vertebra_pitch * (rib + 1.5);
      const auto chain = [&](double from, double to, double radius, const char* material) {
        for (int s = 0; s < segments; ++s) {
          const double a = double(s) / segments, b = double(s + 1) / segments;
          if (0.5 * (a + b) < from || 0.5 * (a + b) > to) continue;
          scene.place(capsule(rib_point(chest, z, side, a), rib_point(chest, z, side, b), radius),
                      material);
        }
      };
      scene.begin_organ("costal_cartilage");
      chain(bony, 1.0, 4.4, "cartilage");
      scene.begin_organ("ribs");
      chain(0.0, bony, 4.8, "cortical_bone");
      chain(0.0, bony, 3.4, "spongiosa");
    }
}

}  // namespace

void place_skeleton(SceneBuilder& scene, const ChestShape& chest) {
  place_spine(scene, chest);
  place_ribs(scene, chest);
  scene.begin_organ("sternum");
  const Vec3 centre(0.0, chest.cage_front() - 8.0, 25.0);
  scene.place(column(centre, 18.0, 5.6, 82.0), "cortical_bone");
  scene.place(column(centre, 16.4, 4.0, 80.4), "spongiosa");
}

}  // namespace vitrine::phantoms

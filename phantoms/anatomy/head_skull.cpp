// Skin, scalp and neck; the vault of the skull, its base and the upper cervical spine.
#include <algorithm>

#include "vitrine/phantoms/anatomy/detail/head_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double skin = 1.8;   // mm (ICRP 89)
constexpr double scalp = 4.8;  // mm from the skin's surface to the bone

/// The outlines of vault, face and neck, `depth` mm below the skin.
std::vector<Solid> outline(const HeadFrame& f, double depth) {
  const Vec3 less = Vec3::Constant(depth);
  Solid head = f.part({0, 0, 36}, {75.85, 98.55, 100});
  Solid face = f.part({0, -39, -27}, {67, 61, 106});
  Solid neck = cylinder(f.at({0, 26, -70}), f.size({61, 62, 70}));
  for (Solid* solid : {&head, &face}) solid->half_axes -= less;
  neck.half_axes -= Vec3(depth, depth, 0);
  std::vector<Solid> out{head, face, neck};
  for (Solid& solid : out) solid = cut(std::move(solid), Vec3(0, 0, f.bottom()), -Vec3::UnitZ());
  return out;
}

}  // namespace

Solid vault(const HeadFrame& f, double depth) {
  Solid all = f.part({0, 0, 36}, {75.85, 98.55, 100});
  all.half_axes -= Vec3::Constant(scalp + depth);
  // The floor rises from the foramen magnum to the roof of the orbits.
  const Vec3 floor(0, -0.52, -0.854);
  all = cut(std::move(all), f.at({0, -60, 19}) - floor * (depth - f.skull), floor);
  return cut(std::move(all), f.at({0, 40, -27}) + Vec3(0, 0, depth - f.skull),
             Vec3(0, 0.17, -0.985));
}

void place_soft_tissue(SceneBuilder& scene, const HeadFrame& f) {
  const Solid nose = f.part({0, -97, -14}, {14, 21, 21}, frame({0, -0.35, 1}));
  scene.begin_organ("skin");
  scene.place_union(outline(f, 0.0), "skin");
  scene.place(nose, "skin");
  for (const double side : {-1.0, 1.0})  // ears
    scene.place(f.part({side * 77, 14, 2}, {4, 14, 27}, frame({0, 0.1, 1}, {1, -side * 0.35, 0})),
                "skin");
  scene.begin_organ("fat");
  scene.place_union(outline(f, skin), "adipose");
  Solid flesh = nose;
  flesh.half_axes -= Vec3::Constant(2.0);
  scene.begin_organ("muscle");
  scene.place(flesh, "soft_tissue", 1.03e-3);
  const std::vector<Solid> deep = outline(f, skin + 4.5);
  scene.place(deep[1], "muscle");
  scene.place(deep[2], "muscle");
  // Temporal muscles and the fat of the cheeks and behind the jaw.
  scene.begin_organ("muscle");
  for (const double side : {-1.0, 1.0})
    scene.place(tucked(f.part({side * 62, -38, 14}, {7.5, 27, 34}), outline(f, skin + 0.5)[0]),
                "muscle");
  scene.begin_organ("fat");
  for (const double side : {-1.0, 1.0}) {
    scene.place(f.part({side * 43, -60, -42}, {10, 16, 22}), "adipose");
    scene.place(f.part({side * 38, -14, -42}, {8, 12, 30}), "adipose");
    scene.place(f.part({side * 48, 22, -60}, {9, 18, 52}), "adipose");
  }
  scene.begin_organ("parotids");
  for (const double side : {-1.0, 1.0})
    scene.place(f.part({side * 45, 2, -40}, {8, 13, 22}), "soft_tissue", 1.0e-3);
}

void place_neck(SceneBuilder& scene, const HeadFrame& f) {
  const double r = f.round();
  const auto below = [&](Solid solid) {
    return cut(std::move(solid), Vec3(0, 0, f.bottom()), -Vec3::UnitZ());
  };
  // Fat between the muscles of the neck.
  scene.begin_organ("fat");
  for (const double side : {-1.0, 1.0}) {
    scene.place(below(ellipsoid(f.at({side * 24, 58, -90}), f.size({1.4, 22, 80}),
                                frame(Vec3::UnitZ(), Vec3(1, -side * 0.55, 0)))),
                "adipose");
    scene.place(below(ellipsoid(f.at({side * 9, 70, -90}), f.size({1.2, 14, 80}),
                                frame(Vec3::UnitZ(), Vec3(1, -side * 0.3, 0)))),
                "adipose");
  }
  for (const double side : {-1.0, 1.0}) {
    scene.begin_organ("vessels", "arteries");  // carotid
    for (Solid& link : f.tube_along({{side * 26, 2, -26}, {side * 29, 2, -150}}, 3.2))
      scene.place(below(std::move(link)), "blood", 1.0506e-3);
    scene.begin_organ("vessels", "upper_veins");  // jugular
    for (Solid& link : f.tube_along({{side * 32, 10, -26}, {side * 36, 8, -150}}, 5.2))
      scene.place(below(std::move(link)), "blood", 1.0506e-3);
  }
  scene.begin_organ("airway");
  for (Solid& link : f.tube_along({{0, -22, -22}, {0, -6, -44}, {0, -2, -70}, {0, -6, -150}}, 8.0))
    scene.place(below(std::move(link)), "air");
  // C1 to C3, and C4 as far as it reaches: bodies with arches; the axis has its dens.
  scene.begin_organ("cervical_spine");
  for (int i = 0; i < 4; ++i) {
    const double z = -42.0 - 19.5 * i;
    for (const double side : {-1.0, 1.0}) {
      for (Solid& link :
           f.tube_along({{side * 10, 32, z}, {side * 14, 46, z - 2}, {side * 4, 57, z - 5}}, 3.4))
        scene.place(below(std::move(link)), "cortical_bone", 1.5e-3);
      Solid mass = f.part({side * (i == 0 ? 20.0 : 17.0), 33, z}, {i == 0 ? 9.0 : 6.5, 9, 8.0});
      scene.place(below(mass), "cortical_bone");
      mass.half_axes -= Vec3::Constant(1.2);
      scene.place(below(mass), "spongiosa");
    }
    if (i > 0) {
      for (Solid& link : f.tube_along({{0, 60, z - 5}, {0, 72, z - 9}}, 3.2))
        scene.place(below(std::move(link)), "cortical_bone", 1.5e-3);
      for (const double inner : {0.0, 1.0}) {
        const Vec3 half = r * Vec3(10.5, 8.5, 7.8) - Vec3::Constant(inner);
        scene.place(below(cylinder(f.at({0, 25, z}), half)),
                    inner == 0.0 ? "cortical_bone" : "spongiosa");
      }
    }
  }
  for (const double inner : {0.0, 1.2})
    scene.place(capsule(f.at({0, 27, -58}), f.at({0, 26, -34}), 5.6 * r - inner),
                inner == 0.0 ? "cortical_bone" : "spongiosa");
  for (Solid& link : f.tube_along({{-14, 20, -42}, {0, 16, -42}, {14, 20, -42}}, 3.2))
    scene.place(link, "cortical_bone", 1.5e-3);
}

void place_skull(SceneBuilder& scene, const HeadFrame& f) {
  // Two tables of compact bone around the diploe (inner thinner than outer).
  scene.begin_organ("skull");
  scene.place(vault(f, 0.0), "cortical_bone");
  scene.begin_organ("diploe");
  scene.place(vault(f, 0.30 * f.skull), "spongiosa");
  scene.begin_organ("skull");
  scene.place(vault(f, 0.76 * f.skull), "cortical_bone");
}

void place_skull_base(SceneBuilder& scene, const HeadFrame& f, Rng& rng) {
  // Body of the sphenoid with its sinus, above the clivus.
  scene.begin_organ("skull_base");
  scene.place(f.part({0, -14, -2}, {17, 19, 15}), "cortical_bone", 1.6e-3);
  scene.place_union(f.tube_along({{0, 2, 2}, {0, 16, -24}}, 6.0), "cortical_bone", 1.5e-3);
  scene.begin_organ("sinuses");
  for (const double side : {-1.0, 1.0})
    scene.place(f.part({side * 7.6, -16, -2}, {6.6, 14, 10.5}), "air");
  for (const double side : {-1.0, 1.0}) {
    // Petrous pyramid, towards the clivus; mastoid with its cells; the ear's canal.
    const Mat3 petrous = frame(Vec3(-side * 0.80, -0.58, 0.10));
    scene.begin_organ("temporal_bone");
    scene.place(f.part({side * 37, 19, -7}, {9.5, 9, 26}, petrous), "cortical_bone", 1.85e-3);
    scene.place(f.part({side * 50.5, 29, -13}, {10, 15, 19.5}), "cortical_bone", 1.6e-3);
    scene.begin_organ("mastoid_cells");
    for (int i = 0; i < 14; ++i) {
      const double dx = rng.uniform(-5, 5), dy = rng.uniform(-9, 9), dz = rng.uniform(-15, 13);
      const double size = rng.uniform(1.6, 3.2);
      scene.place(ellipsoid(f.at({side * 50.5 + dx, 29 + dy, -13 + dz}), Vec3::Constant(size)),
                  "air");
    }
    scene.begin_organ("ear");
    scene.place_union(f.tube_along({{side * 65, 11, 0}, {side * 50, 13, -1}}, 3.3), "air");
    scene.place(f.part({side * 46, 14, 1}, {3, 5, 7}), "air");
    scene.place(f.part({side * 35, 17, -2}, {2.2, 2.2, 6}, petrous), "csf");
  }
}

}  // namespace vitrine::phantoms::detail

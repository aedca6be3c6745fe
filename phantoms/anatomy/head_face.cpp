// Orbits with eyes, sinuses and nasal cavity, cheek bones, jaws with teeth, tongue.
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/detail/head_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// Air behind a thin wall of bone.
void place_sinus(SceneBuilder& scene, const Solid& air, double wall) {
  Solid bone = air;
  bone.half_axes += Vec3::Constant(wall);
  scene.begin_organ("facial_bones");
  scene.place(bone, "cortical_bone", 1.6e-3);
  scene.begin_organ("sinuses");
  scene.place(air, "air");
}

void place_orbit(SceneBuilder& scene, const HeadFrame& f, double side) {
  const double r = f.round();
  const Mat3 cone = frame(Vec3(0, 0, 1), Vec3(1, side * 0.35, 0));
  Solid fat = f.part({side * 29.5, -64, 8}, {16.5, 25, 17}, cone);
  fat = cut(std::move(fat), f.at({side * 31, -81, 0}), Vec3(side * 0.42, -0.91, 0));
  Solid wall = fat;
  wall.half_axes += Vec3::Constant(2.2);
  scene.begin_organ("facial_bones");
  scene.place(wall, "cortical_bone", 1.6e-3);
  scene.begin_organ("orbit");
  scene.place(fat, "adipose");
  scene.begin_organ("eye_muscles");
  for (const double across : {-1.0, 1.0})
    scene.place(capsule(f.at({side * 31 + across * 12.5, -72, 8}),
                        f.at({side * 18 + across * 3.0, -44, 10}), 2.0 * r),
                "muscle");
  scene.place_union(
      f.tube_along({{side * 30, -66, 8}, {side * 20, -44, 10}, {side * 10, -28, 14}}, 2.2),
      "white_matter");
  const Vec3 eye = f.at({side * 31, -74.5, 8});
  scene.begin_organ("eyes");
  scene.place(ellipsoid(eye, Vec3::Constant(12.2 * r)), "soft_tissue");
  scene.place(ellipsoid(eye, Vec3::Constant(11.0 * r)), "csf", 1.005e-3);
  scene.begin_organ("lenses");
  scene.place(ellipsoid(eye + Vec3(0, -8.2 * r, 0), r * Vec3(4.6, 2.1, 4.6)), "eye_lens");
}

}  // namespace

void place_face(SceneBuilder& scene, const HeadFrame& f) {
  // Brow, nose and upper jaw as one thin block of bone that the cavities hollow out.
  scene.begin_organ("facial_bones");
  for (const double side : {-1.0, 1.0}) {
    // Cheek bone and arch.
    scene.place(f.part({side * 48, -64, -14}, {9, 10, 13}, frame({0, 0, 1}, {1, -side * 0.7, 0})),
                "cortical_bone", 1.6e-3);
    const std::vector<Vec3> arch{f.at({side * 50, -61, -13}), f.at({side * 58.5, -38, -9}),
                                 f.at({side * 60, -8, -5}), f.at({side * 57, 6, -4})};
    const std::vector<Vec3> outwards(4, Vec3(side, -0.2, 0));
    scene.place_union(strap(arch, outwards, 2.4, 4.5), "cortical_bone", 1.7e-3);
  }
  for (const double side : {-1.0, 1.0}) place_orbit(scene, f, side);
  for (const double side : {-1.0, 1.0}) {
    place_sinus(scene, f.part({side * 30, -58, -27}, {14, 17, 16.5}), 1.3);  // maxillary
    place_sinus(scene, f.part({side * 11, -86, 31}, {10, 3.6, 11}, frame({0, 0.25, 1})), 1.8);
  }
  // Ethmoid cells, nasal cavity with septum and conchae.
  scene.begin_organ("facial_bones");
  scene.place(f.part({0, -60, 5}, {14.5, 27, 14}), "cortical_bone", 1.5e-3);
  scene.begin_organ("sinuses");
  for (const double side : {-1.0, 1.0})
    for (int i = 0; i < 4; ++i)
      scene.place(f.part({side * 7.2, -76.0 + 10.5 * i, 5}, {5.4, 4.6, 10}), "air");
  scene.begin_organ("nasal_cavity");
  scene.place(f.part({0, -58, -26}, {14, 38, 19}), "air");
  scene.begin_organ("conchae");
  for (const double side : {-1.0, 1.0}) {
    scene.place(f.part({side * 7.5, -56, -32}, {3.4, 22, 6}), "soft_tissue", 1.05e-3);
    scene.place(f.part({side * 7.0, -52, -18}, {2.6, 17, 5}), "soft_tissue", 1.05e-3);
  }
  scene.begin_organ("facial_bones");
  scene.place(f.part({0, -58, -24}, {1.1, 36, 20}), "cortical_bone", 1.3e-3);
}

void place_jaws(SceneBuilder& scene, const HeadFrame& f) {
  const double r = f.round();
  // A horseshoe, from one side to the other.
  const auto arch = [&](double half_x, double front, double back, double z, int steps) {
    std::vector<Vec3> points;
    for (int i = 0; i <= steps; ++i) {
      const double angle = std::numbers::pi * i / steps;
      points.push_back(
          f.at({-half_x * math::cos(angle), back - (back - front) * math::sin(angle), z}));
    }
    return points;
  };
  const auto outwards = [&](const std::vector<Vec3>& points, double back) {
    std::vector<Vec3> out;
    for (const Vec3& p : points)
      out.push_back((p - f.at({0, back, 0})).cwiseProduct(Vec3(1, 1, 0)));
    return out;
  };
  scene.begin_organ("tongue");
  scene.place(f.part({0, -46, -70}, {23, 32, 20}), "muscle", 1.04e-3);
  scene.begin_organ("palate");
  scene.place(cylinder(f.at({0, -58, -50}), r * Vec3(24, 28, 2.2)), "cortical_bone", 1.5e-3);
  scene.begin_organ("mandible");
  const auto upper = arch(26, -86, -44, -53, 8), lower = arch(32, -81, -30, -85, 8);
  scene.place_union(strap(upper, outwards(upper, -44), 5.0 * r, 6.0 * r), "cortical_bone", 1.5e-3);
  for (const double inner : {0.0, 1.8})
    scene.place_union(strap(lower, outwards(lower, -30), 5.4 * r - inner, 12.0 * r - inner),
                      inner == 0.0 ? "cortical_bone" : "spongiosa");
  for (const double side : {-1.0, 1.0}) {
    const std::vector<Vec3> ramus{f.at({side * 34, -30, -84}), f.at({side * 45, -14, -66}),
                                  f.at({side * 50, -6, -14})};
    const std::vector<Vec3> out(3, Vec3(side, -0.3, 0));
    for (const double inner : {0.0, 1.6})
      scene.place_union(strap(ramus, out, 4.2 * r - inner, 14.0 * r - inner),
                        inner == 0.0 ? "cortical_bone" : "spongiosa");
  }
  scene.begin_organ("teeth");
  for (const double z : {-63.0, -72.0}) {
    const auto row = z > -70.0 ? arch(26, -86, -44, z, 14) : arch(26, -84, -42, z, 14);
    for (std::size_t i = 1; i + 1 < row.size(); ++i)
      scene.place(cylinder(row[i], r * Vec3(3.0, 3.0, 4.2)), "tooth", 2.2e-3);
  }
}

}  // namespace vitrine::phantoms::detail

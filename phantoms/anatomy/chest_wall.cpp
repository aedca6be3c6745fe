#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/chest_shape.hpp"

namespace vitrine::phantoms {

namespace {

constexpr double body_half_length = 280.0;  // mm: beyond what a scan of the lungs can meet
constexpr double skin = 1.8;                // mm (ICRP 89: dermis of the trunk)

Mat3 about_z(double angle) {
  Mat3 m = Mat3::Identity();
  m(0, 0) = m(1, 1) = math::cos(angle);
  m(1, 0) = math::sin(angle);
  m(0, 1) = -m(1, 0);
  return m;
}

}  // namespace

void place_wall(SceneBuilder& scene, const ChestShape& chest) {
  const double rx = chest.half_width, ry = chest.half_depth;
  if (chest.female) {
    scene.begin_organ("breasts");
    for (const double side : {-1.0, 1.0}) {
      const Vec3 centre(side * 0.45 * rx, -0.86 * ry, 0.0);
      scene.place(ellipsoid(centre, Vec3(58.0, 46.0, 62.0)), "skin");
      scene.place(ellipsoid(centre, Vec3(58.0, 46.0, 62.0) - Vec3::Constant(skin)), "adipose");
      scene.place(ellipsoid(centre + Vec3(0.0, -8.0, -2.0), Vec3(34.0, 26.0, 36.0)), "soft_tissue");
    }
  }
  scene.begin_organ("skin");
  scene.place(column(Vec3::Zero(), rx, ry, body_half_length), "skin");
  scene.begin_organ("subcutaneous_fat");
  scene.place(column(Vec3::Zero(), rx - skin, ry - skin, body_half_length), "adipose");
  scene.begin_organ("muscle");
  scene.place(column(Vec3::Zero(), rx - chest.fat, ry - 0.7 * chest.fat, body_half_length),
              "muscle");

  scene.begin_organ("scapulae");
  const Vec3 cage = chest.cage_half_axes();
  for (const double side : {-1.0, 1.0}) {
    // Flat on the back of the cage, 40 degrees from the sagittal plane.
    const double angle = 50.0 * std::numbers::pi / 180.0;
    const Vec3 out(side * math::sin(angle), math::cos(angle), 0.0);
    const Vec3 centre =
        Vec3(0.0, chest.cage_centre().y(), 75.0) + out.cwiseProduct(cage + Vec3(9.0, 9.0, 0.0));
    const Mat3 axes = about_z(-side * angle);  // the local y axis points outwards
    scene.place(ellipsoid(centre, Vec3(34.0, 5.0, 55.0), axes), "cortical_bone");
    scene.place(ellipsoid(centre, Vec3(31.0, 2.6, 52.0), axes), "spongiosa");
  }
}

}  // namespace vitrine::phantoms

// Skin, fat and muscles of the abdomen's wall, lung bases, diaphragm and the muscles of the back.
#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// An upright elliptic cylinder between two heights, mm.
Solid column(const Vec3& middle, double half_x, double half_y, double low, double high) {
  return cylinder(Vec3(middle.x(), middle.y(), 0.5 * (low + high)),
                  Vec3(half_x, half_y, 0.5 * (high - low)));
}

/// The same over the whole height.
Solid layer(const AbdomenFrame& f, double depth) {
  return trunk_layer(f, depth, f.bottom(), f.top());
}

}  // namespace

Solid trunk_layer(const AbdomenFrame& f, double depth, double low, double high) {
  constexpr double overhang = 0.06;  // of the half depth, cut off at the back
  Solid all = column(Vec3(0, overhang * f.half_depth, 0), f.half_width - depth,
                     (1.0 + overhang) * f.half_depth - depth, low, high);
  all = cut(std::move(all), Vec3(0, f.half_depth - depth, 0), Vec3::UnitY());
  for (const double side : {-1.0, 1.0}) {  // the corners are round
    const Vec3 normal = Vec3(side * 0.34, 0.94, 0).normalized();
    const Vec3 corner(side * 0.36 * f.half_width, f.half_depth, 0);
    all = cut(std::move(all), corner - depth * normal, normal);
  }
  return all;
}

Solid abdominal_dome(const AbdomenFrame& f, double depth) {
  // The right side stands higher.
  const Mat3 axes = frame(Vec3(-0.07, 0, 1));
  return ellipsoid(f.hung({-3, -3, 39}), f.size({128, 83.5, 79}) - Vec3::Constant(depth), axes);
}

Solid abdominal_cavity(const AbdomenFrame& f) {
  Solid all = column(f.at(0, 4, 0), f.x * 127, f.y * 90.5, f.z * f.cavity_low, f.z * 26 - f.down);
  return cut(std::move(all), f.at(0, 78, 0), Vec3::UnitY());
}

void place_abdominal_wall(SceneBuilder& scene, const AbdomenFrame& f) {
  scene.begin_organ("skin");
  scene.place(layer(f, 0.0), "skin");
  scene.begin_organ("fat");
  scene.place(layer(f, abdomen_skin), "adipose");
  // Outer and inner muscles with a plane of fat between them.
  const double outer = abdomen_skin + f.fat;
  scene.begin_organ("wall_muscle");
  scene.place(layer(f, outer), "muscle");
  scene.begin_organ("wall_fat");
  scene.place(layer(f, outer + 5.0), "adipose");
  scene.begin_organ("wall_muscle");
  scene.place(layer(f, outer + 6.2), "muscle");

  scene.begin_organ("mediastinum");
  const double floor = f.z * 24 - f.down;
  scene.place(column(f.at(0, -6, 0), f.x * 62, f.y * 77, floor, f.top()), "adipose");
  for (const double side : {-1.0, 1.0}) {
    scene.begin_organ(side < 0.0 ? "lung_right" : "lung_left");
    Solid lung = column(f.at(side * 61, 2, 0), f.x * 63, f.y * 80, floor, f.top());
    scene.place(cut(std::move(lung), f.at(side * 8, 0, 0), Vec3(-side, 0, 0)), "lung");
  }
  scene.begin_organ("heart");
  Solid heart = ellipsoid(f.hung({22, -34, 146}), f.size({56, 42, 46}));
  scene.place(cut(std::move(heart), Vec3(0, 0, f.top()), Vec3::UnitZ()), "heart");

  place_abdominal_cavity(scene, f);
}

void place_abdominal_cavity(SceneBuilder& scene, const AbdomenFrame& f) {
  const double floor = f.z * 24 - f.down;
  scene.begin_organ("visceral_fat");
  scene.place(abdominal_cavity(f), "adipose");
  scene.begin_organ("diaphragm");
  scene.place(cut(abdominal_dome(f, 0.0), Vec3(0, 0, floor), -Vec3::UnitZ()), "muscle");
  scene.begin_organ("visceral_fat");
  scene.place(abdominal_dome(f, 2.6), "adipose");
}

void place_back(SceneBuilder& scene, const AbdomenFrame& f) {
  const double s = f.bone;
  const auto at = [&](double px, double py, double pz) {
    return Vec3(s * px, f.spine + s * py, f.z * pz);
  };
  scene.begin_organ("spine_bed");
  const double low = f.z * f.spine_low, high = f.z * f.spine_high;
  scene.place(column(at(0, 0, 0), 24.6 * s, 18.6 * s, low, high), "adipose");
  // The muscles of the back in one, which holds all of the vertebral arches; fat between them.
  scene.begin_organ("back_muscle");
  scene.place(column(at(0, 35.5, 0), 62 * s, 26 * s, low, high), "muscle");
  for (const double side : {-1.0, 1.0})
    scene.place(column(at(side * 60, 14, 0), 13 * s, 10 * s, low, f.z * 12), "muscle");
  scene.begin_organ("back_fat");
  for (const double side : {-1.0, 1.0}) {
    Solid cleft = column(at(side * 25, 43, 0), 1.1 * s, 10 * s, low, high);
    cleft.axes = frame(Vec3::UnitZ(), Vec3(1, -side * 0.35, 0));
    scene.place(cleft, "adipose");
    cleft.centre = at(side * 5, 46, 0.5 * (f.spine_low + f.spine_high));
    cleft.half_axes.x() = 0.8 * s;
    scene.place(cleft, "adipose");
  }
  scene.begin_organ("psoas");
  for (const double side : {-1.0, 1.0}) {
    Solid psoas = ellipsoid(at(side * 41, -4, -98), Vec3(19 * s, 24 * s, 104 * f.z),
                            frame(Vec3(-side * 0.16, 0.06, 1)));
    scene.place(cut(std::move(psoas), Vec3(0, 0, f.bottom()), -Vec3::UnitZ()), "muscle");
  }
  // Crura of the diaphragm beside the aorta.
  scene.begin_organ("diaphragm");
  scene.place_union(tube({at(-15, -20, 66), at(-13, -22, 20), at(-14, -18, -30)}, 4.2 * s),
                    "muscle");
  scene.place_union(tube({at(20, -19, 60), at(19, -20, 20), at(17, -17, -18)}, 3.6 * s), "muscle");
}

}  // namespace vitrine::phantoms::detail

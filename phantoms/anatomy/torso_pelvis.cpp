// The pelvis of the torso: organs, vessels and bones.
#include <algorithm>

#include "vitrine/phantoms/anatomy/detail/torso_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double cortex = 1.4;  // mm

Solid peeled(Solid solid, double wall) {
  const double z = solid.half_axes.z();
  solid.half_axes -= Vec3::Constant(wall);
  if (solid.kind == Solid::Kind::capsule) solid.half_axes.z() = z;
  return solid;
}

class PelvisBuilder {
 public:
  PelvisBuilder(SceneBuilder& scene, const TorsoFrame& f) : scene_(scene), f_(f) {}

  Vec3 soft(const Vec3& p) const { return f_.belly.at(p); }
  double round() const { return f_.belly.round(); }
  Solid part(const Vec3& centre, const Vec3& half, const Mat3& axes = Mat3::Identity()) const {
    return ellipsoid(soft(centre), f_.belly.size(half), axes);
  }
  void place(std::string_view organ, const Solid& solid, std::string_view material,
             double density = -1.0) {
    scene_.begin_organ(organ);
    scene_.place(cut(solid, Vec3(0, 0, f_.belly.bottom()), -Vec3::UnitZ()), material, density);
  }
  void place_tube(std::string_view organ, const std::vector<Vec3>& points, double radius,
                  std::string_view material, double density = -1.0) {
    std::vector<Vec3> path;
    for (const Vec3& p : points) path.push_back(soft(p));
    for (const Solid& link : tube(path, radius)) place(organ, link, material, density);
  }

  /// Cortex about spongiosa: all cortex first, so that the marrow of neighbours is one.
  void place_bones(const std::vector<Solid>& bones) {
    for (const Solid& bone : bones) place("pelvis", bone, "cortical_bone");
    for (const Solid& bone : bones) place("pelvis", peeled(bone, cortex), "spongiosa");
  }

 private:
  SceneBuilder& scene_;
  const TorsoFrame& f_;
};

}  // namespace

void place_pelvic_organs(SceneBuilder& scene, const TorsoFrame& f) {
  PelvisBuilder build(scene, f);
  const double r = build.round();
  build.place("visceral_fat", build.part({0, 18, -212}, {60, 58, 76}), "adipose");
  // Clefts of fat: between the buttocks, and in front of the hips.
  const double table = f.belly.half_depth - abdomen_skin;
  build.place("fat", cut(build.part({0, 98, -285}, {6, 26, 60}), Vec3(0, table, 0), Vec3::UnitY()),
              "adipose");
  for (const double side : {-1.0, 1.0})
    build.place("fat", build.part({side * 72, -62, -262}, {32, 17, 44}), "adipose");
  // Masses of the empty bladder's wall, 50 and 40 g, prostate 17 g, uterus 80 g and ovaries 11 g:
  // ICRP 89. The bladder holds 150 ml.
  const bool woman = f.belly.female;
  const Solid bladder = build.part({0, -18, -238}, {44, 33, 33});
  build.place("bladder", bladder, "muscle");
  build.place("bladder", cone(build.soft({0, -12, -258}), build.soft({0, -2, -280}), 15 * r, 4 * r),
              "muscle");
  build.place("urine", peeled(bladder, 3.0), "urine");
  if (woman) {
    build.place("uterus", build.part({0, 20, -214}, {28, 24, 42}, frame({0, -0.5, 1})), "muscle");
    for (const double side : {-1.0, 1.0})
      build.place("ovaries", build.part({side * 42, 22, -200}, {16, 11, 11}), "soft_tissue");
  } else {
    build.place("prostate", build.part({0, 6, -280}, {21, 15, 17}), "soft_tissue");
  }
  // Sigmoid colon and rectum.
  const double bore = std::min(14.0 * f.belly.bowel, 15.0);
  const std::vector<Vec3> sigmoid{
      {80, -10, -160}, {62, 8, -186}, {30, 2, -192}, {4, 22, -182}, {0, 46, -196}};
  const std::vector<Vec3> rectum{{0, 46, -196}, {0, 56, -226}, {0, 52, -256}, {0, 50, -312}};
  for (const auto& [points, organ] : {std::pair(sigmoid, "colon"), std::pair(rectum, "rectum")}) {
    std::vector<Vec3> path;
    for (const Vec3& p : points) path.push_back(build.soft(p));
    const std::vector<Solid> walls = tube(path, bore);
    for (const Solid& wall : walls) build.place(organ, wall, "small_intestine", 1.045e-3);
    for (std::size_t i = 0; i < walls.size(); ++i)
      build.place(i % 3 == 1 ? "bowel_gas" : "bowel_content", peeled(walls[i], 4.0),
                  i % 3 == 1 ? "air" : "bowel_content");
  }
}

void place_pelvic_vessels(SceneBuilder& scene, const TorsoFrame& f) {
  PelvisBuilder build(scene, f);
  const double s = f.belly.bone;
  const auto both = [&](std::string_view organ, const Vec3& start, double side, double radius,
                        double inwards) {
    build.place_tube(organ,
                     {start,
                      {side * (58 - inwards), 0, -206},
                      {side * (70 - inwards), -44, -252},
                      {side * (76 - inwards), -56, -345}},
                     radius * s, "blood", blood_density);
  };
  both("iliac_arteries", {-26, 12, -158}, -1.0, 4.8, 0.0);
  both("iliac_arteries", {36, 13, -158}, 1.0, 4.8, 0.0);
  both("iliac_veins", {-34, 18, -158}, -1.0, 5.6, 13.0);
  both("iliac_veins", {32, 20, -158}, 1.0, 5.6, 13.0);
  for (const double side : {-1.0, 1.0})
    build.place_tube("ureters",
                     {{side * 34, 8, -158}, {side * 46, 34, -205}, {side * 20, 10, -236}}, 2.0 * s,
                     "urine", 1.02e-3);
}

void place_pelvic_skeleton(SceneBuilder& scene, const TorsoFrame& f) {
  PelvisBuilder build(scene, f);
  const double s = f.belly.bone;
  const auto at = [&](double x, double y, double z) { return f.bone(x, y, z); };
  // Sacrum: a wedge that leans back; coccyx.
  std::vector<Solid> sacrum{cone(at(0, 42, -147), at(0, 70, -236), 50 * s, 15 * s, 0.40),
                            capsule(at(0, 70, -240), at(0, 62, -266), 6 * s)};
  build.place_bones(sacrum);
  for (const double side : {-1.0, 1.0}) {
    const Vec3 hip = at(side * 86, 27, -240);
    // Back of the ilium at the sacrum, its body, the rami of the pubis, the ischium.
    std::vector<Solid> bones{capsule(at(side * 50, 64, -165), at(side * 78, 48, -205), 11 * s),
                             capsule(at(side * 84, 38, -196), at(side * 86, 30, -222), 17 * s),
                             ellipsoid(hip, Vec3::Constant(33 * s)),
                             capsule(at(side * 66, 2, -247), at(side * 14, -26, -262), 8 * s),
                             capsule(at(side * 12, -24, -276), at(side * 46, 26, -308), 6 * s),
                             capsule(at(side * 72, 46, -252), at(side * 58, 48, -305), 14 * s)};
    build.place_bones(bones);
    build.place("pelvis", cylinder(at(side * 4, -26, -266), s * Vec3(4, 8, 18)), "cartilage");
    // Head in its socket, neck, trochanter and shaft of the femur.
    build.place("joint_cartilage", ellipsoid(hip, Vec3::Constant(28.0 * s)), "cartilage");
    build.place("joint_cartilage",
                cut(ellipsoid(hip, Vec3::Constant(33.2 * s)), hip + Vec3(side * 16 * s, 0, -8 * s),
                    Vec3(-side, 0, 0.5)),
                "muscle");
    const Vec3 trochanter = at(side * 124, 36, -270), knee = at(side * 112, 30, -560);
    const Solid shaft = cone(trochanter - Vec3(0, 0, 12), knee, 18 * s, 14 * s);
    const std::vector<Solid> femur{ellipsoid(hip, Vec3::Constant(24.0 * s)),
                                   capsule(hip, trochanter, 15 * s),
                                   ellipsoid(trochanter, s * Vec3(15, 18, 22))};
    for (const Solid& bone : femur) build.place("femora", bone, "cortical_bone");
    build.place("femora", shaft, "cortical_bone");
    for (const Solid& bone : femur) build.place("femora", peeled(bone, cortex), "spongiosa");
    build.place("femora", peeled(shaft, 6.0), "spongiosa");
  }
}

}  // namespace vitrine::phantoms::detail

// Spine, ribs with their cartilages, sternum and shoulder blades: cortical bone
// around spongiosa.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double cortex = 1.0;            // mm
constexpr double vertebra = 24.0;         // mm from one rib to the next
constexpr double first_vertebra = 175.0;  // mm: height of the topmost one, T1 at about 150

/// Bone grows with the chest, but less than fat and lungs do.
double bone_scale(const ThoraxFrame& f) { return (f.female ? 0.9 : 1.0) * std::sqrt(f.round()); }

void place_arch(SceneBuilder& scene, const ThoraxFrame& f, double z) {
  const double s = bone_scale(f);
  const auto at = [&](double px, double py, double pz) {
    return Vec3(s * px, spine_y(f) + s * py, z + f.z * pz);
  };
  for (const double side : {-1.0, 1.0}) {
    const auto arch =
        tube({at(side * 12.5, 12, 2), at(side * 13, 25, 0), at(side * 3.5, 36.5, -3)}, 3.9 * s);
    scene.place_union(arch, "cortical_bone", 1.45e-3);
    const Vec3 root = at(side * 15.5, 25, 0), tip = at(side * 34, 31, 2);
    scene.place(capsule(root, tip, 4.2 * s), "cortical_bone");
    scene.place(capsule(root, tip, 4.2 * s - cortex), "spongiosa");
  }
  scene.place(capsule(at(0, 38, -4), at(0, 47, -15), 3.2 * s), "cortical_bone", 1.55e-3);
}

void place_spine(SceneBuilder& scene, const ThoraxFrame& f) {
  const double s = bone_scale(f);
  const double step = f.z * f.vertebra, half = 0.5 * step;
  const Vec3 body(17 * s, 14 * s, 0.86 * half);
  const double y = spine_y(f);
  scene.begin_organ("spine");
  for (int i = 0; i < f.vertebrae; ++i) place_arch(scene, f, f.z * f.first_vertebra - step * i);
  const double middle = f.z * f.first_vertebra - 0.5 * step * (f.vertebrae - 1);
  for (int i = 0; i < f.vertebrae; ++i) {
    const Vec3 centre(0, y, f.z * f.first_vertebra - step * i);
    scene.begin_organ("discs");
    scene.place(cylinder(centre - Vec3(0, 0, half), Vec3(16 * s, 13 * s, 0.13 * half)),
                "cartilage");
    scene.begin_organ("spine");
    scene.place(cylinder(centre, body), "cortical_bone");
    scene.place(cylinder(centre, body - Vec3::Constant(cortex)), "spongiosa");
  }
  scene.begin_organ("spinal_canal");
  const double length = half * f.vertebrae;
  scene.place(cylinder(Vec3(0, y + 23.6 * s, middle), Vec3(8.8 * s, 7.8 * s, length)), "water",
              1.01e-3);
  scene.place(cylinder(Vec3(0, y + 23.6 * s, middle), Vec3(5.0 * s, 4.0 * s, length)), "brain");
}

/// A rib's path about the lung: down and forward from the spine.
struct Rib {
  std::vector<Vec3> bone, bone_outwards, cartilage, cartilage_outwards;
};

Rib rib_path(const ThoraxFrame& f, double side, int number) {
  // Ribs hang from the vertebra of their number; lower ones slope more.
  const double start = first_vertebra - vertebra * (number + 0.2);
  const double drop = number < 2 ? 35.0 : std::min(48.0 + 7.0 * number, 100.0);
  const double end_turn = number <= 7 ? 0.80 : std::max(0.80 - 0.09 * (number - 7), 0.42);
  constexpr double gap = 6.5;  // mm from the lung's surface to the middle of the rib
  constexpr int steps = 10;
  Rib rib;
  const auto on_cage = [&](double turn, double z) {
    // The lung's larger ellipsoid at this height (widest below), a little
    // outside of it.
    const double t = std::max(z + 45.0, 0.0) / 172.0;
    const double narrow = std::sqrt(std::max(1.0 - t * t, 0.12));
    const double angle = turn * std::numbers::pi;  // 0 behind, pi/2 aside, pi in front
    const double a = 65.0 * f.x * narrow + gap, b = 78.0 * f.y * narrow + gap;
    return Vec3(side * (60.0 * f.x + a * math::sin(angle)), 3.0 * f.y + b * math::cos(angle),
                f.z * z);
  };
  const auto outwards = [&](const Vec3& p) {
    return Vec3((p.x() - side * 60.0 * f.x), p.y() - 3.0 * f.y, 0.0).normalized();
  };
  // Neck: from the vertebra back to the angle of the rib.
  const double s = bone_scale(f);
  const Vec3 head(side * 20.0 * s, spine_y(f) + 12.0 * s, f.z * start);
  rib.bone.push_back(head);
  rib.bone_outwards.push_back(Vec3(0, 1, 0));
  const Vec3 tubercle(side * 37.0 * s, spine_y(f) + 24.0 * s, f.z * start);
  rib.bone.push_back(tubercle);
  rib.bone_outwards.push_back(Vec3(0, 1, 0));
  for (int i = 1; i <= steps; ++i) {
    const double turn = 0.04 + (end_turn - 0.04) * i / steps;
    const Vec3 p = on_cage(turn, start - drop * (turn - 0.04) / 0.76);
    if (side * (p.x() - tubercle.x()) < 8.0 && turn < 0.3) continue;
    rib.bone.push_back(p);
    rib.bone_outwards.push_back(outwards(p));
  }
  if (number <= 10) {  // cartilage to the sternum, or up to the one above
    const Vec3 last = rib.bone.back();
    const double rise = number <= 4 ? 4.0 : std::min(8.0 * (number - 3), 40.0);
    const Vec3 sternum(side * 17.0, -f.half_depth + 1.8 + 0.8 * f.fat + 14.0,
                       std::max(last.z() + rise, f.z * -78.0));
    const Vec3 half_way = 0.5 * (last + sternum) + Vec3(0, -4.0, 0);
    rib.cartilage = {last, half_way, sternum};
    rib.cartilage_outwards = {outwards(last), Vec3(0.3 * side, -1, 0), Vec3(0, -1, 0)};
  }
  return rib;
}

void place_ribs(SceneBuilder& scene, const ThoraxFrame& f, int last) {
  const double s = bone_scale(f);
  scene.begin_organ("costal_cartilage");
  for (const double side : {-1.0, 1.0})
    for (int number = 1; number <= std::min(last, 10); ++number) {
      const Rib rib = rib_path(f, side, number);
      scene.place_union(strap(rib.cartilage, rib.cartilage_outwards, 3.8 * s, 6.0 * s),
                        "cartilage");
    }
  scene.begin_organ("ribs");
  for (const double side : {-1.0, 1.0})
    for (int number = 1; number <= last; ++number) {
      const Rib rib = rib_path(f, side, number);
      scene.place_union(strap(rib.bone, rib.bone_outwards, 3.6 * s, 6.5 * s), "cortical_bone");
      scene.place_union(strap(rib.bone, rib.bone_outwards, 3.6 * s - cortex, 6.5 * s - cortex),
                        "spongiosa");
    }
}

void place_sternum(SceneBuilder& scene, const ThoraxFrame& f) {
  const double front = -f.half_depth + 1.8 + 0.8 * f.fat + 12.0;
  scene.begin_organ("sternum");
  struct Part {
    double z, half_x, half_z;
  };
  for (const Part& part : {Part{76, 26, 24}, Part{-4, 17, 52}, Part{-70, 8, 13}})
    for (const double inner : {0.0, cortex})
      scene.place(cylinder(Vec3(0, front, f.z * part.z),
                           Vec3(part.half_x - inner, 5.5 - inner, f.z * part.half_z - inner)),
                  inner == 0.0 ? "cortical_bone" : "spongiosa");
}

void place_scapulae(SceneBuilder& scene, const ThoraxFrame& f) {
  scene.begin_organ("scapulae");
  for (const double side : {-1.0, 1.0}) {
    // Arms raised: the blade lies aside, its lower tip forward.
    const Vec3 normal = Vec3(side * 0.72, 0.69, 0.05).normalized();
    const Mat3 axes = frame(normal, Vec3(0, 0, 1));
    const Vec3 centre = f.at(side * 109, 58, 92);
    for (const double inner : {0.0, 0.9})
      scene.place(ellipsoid(centre, Vec3(58 - inner, 27 - inner, 3.4 - inner), axes),
                  inner == 0.0 ? "cortical_bone" : "spongiosa");
  }
}

}  // namespace

double spine_y(const ThoraxFrame& f) { return f.half_depth - f.fat - 6.0 - 52.0 * bone_scale(f); }

void place_spine_bed(SceneBuilder& scene, const ThoraxFrame& f) {
  const double s = bone_scale(f);
  const double half = f.z * 195.0;
  scene.begin_organ("back_muscle");
  scene.place(cylinder(Vec3(0, spine_y(f) + 28 * s, 0), Vec3(46 * s, 24 * s, half)), "muscle");
  scene.begin_organ("spine_bed");
  scene.place(cylinder(Vec3(0, spine_y(f), 0), Vec3(17.3 * s, 14.3 * s, half + 5.0)), "adipose");
}

void place_rib_cage(SceneBuilder& scene, const ThoraxFrame& f, int last) {
  place_ribs(scene, f, last);
  place_sternum(scene, f);
  place_scapulae(scene, f);
}

void place_thoracic_spine(SceneBuilder& scene, const ThoraxFrame& f) { place_spine(scene, f); }

void place_skeleton(SceneBuilder& scene, const ThoraxFrame& f) {
  place_rib_cage(scene, f, 12);
  place_spine(scene, f);
}

}  // namespace vitrine::phantoms::detail

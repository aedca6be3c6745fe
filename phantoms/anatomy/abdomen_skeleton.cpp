// Spine, lower ribs and iliac crests: cortical bone around spongiosa.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double cortex = 1.0;  // mm

/// Vertebral levels of the reference, mm: T9 to L5 (lumbar heights with disc: Gilad and Nissan,
/// Spine 11 (1986) 154).
struct Level {
  double middle, height;
  bool lumbar;
};
constexpr Level levels[] = {{138, 26, false}, {112, 27, false}, {83, 29, false},
                            {52, 32, false},  {18, 35, true},   {-18, 36, true},
                            {-54, 36, true},  {-90, 36, true},  {-126, 35, true}};

class Vertebra {
 public:
  Vertebra(SceneBuilder& scene, const AbdomenFrame& f, const Level& level)
      : scene_(scene), f_(f), level_(level), s_(f.bone * (level.lumbar ? 1.0 : 0.86)) {}

  void place_arch() {
    scene_.begin_organ("spine");
    const double long_process = level_.lumbar ? 1.0 : 0.75;
    for (const double side : {-1.0, 1.0}) {
      // Pedicle and lamina, the facets, and the transverse process.
      const auto arch =
          tube({at(side * 13, 18, 5), at(side * 14.5, 27, 3), at(side * 4, 38, -3)}, 4.4 * s_);
      bone(arch, 1.5e-3);
      if (level_.lumbar || !f_.in_torso)
        bone({capsule(at(side * 15.5, 30, 10), at(side * 14.5, 31, -8), 4.8 * s_)}, 1.5e-3);
      const Vec3 root = at(side * 15.5, 25, 3), tip = at(side * (17 + 21 * long_process), 29, 6);
      bone({capsule(root, tip, 3.7 * s_)});
      marrow(capsule(root, tip, 3.7 * s_ - cortex));
    }
    // The spinous process: a blade that leans down.
    Solid blade = ellipsoid(at(0, 47, -7), s_ * Vec3(3.4, 12, level_.lumbar ? 10 : 7),
                            frame(Vec3(0, 0.35, 1)));
    bone({blade});
    blade.half_axes -= Vec3::Constant(cortex);
    marrow(blade);
  }

  void place_body() {
    const double half = 0.5 * f_.z * level_.height;
    scene_.begin_organ("discs");
    const Solid disc =
        cylinder(at(0, 0, 0) - Vec3(0, 0, half), Vec3(23 * s_, 17 * s_, 0.16 * 2 * half));
    place(disc, "cartilage");
    scene_.begin_organ("spine");
    Solid body = cylinder(at(0, 0, 0), Vec3(23.5 * s_, 17.5 * s_, 0.83 * half));
    place(body, "cortical_bone");
    body.half_axes -= Vec3::Constant(cortex);
    place(body, "spongiosa");
  }

 private:
  Vec3 at(double px, double py, double pz) const {
    return {s_ * px, f_.spine + s_ * py, f_.z * (level_.middle + pz)};
  }
  void place(Solid solid, std::string_view material, double density = -1.0) {
    solid = cut(std::move(solid), Vec3(0, 0, f_.bottom()), -Vec3::UnitZ());
    if (bounds(solid).low.z() < f_.top())
      scene_.place(cut(std::move(solid), Vec3(0, 0, f_.top()), Vec3::UnitZ()), material, density);
  }
  void bone(const std::vector<Solid>& solids, double density = -1.0) {
    for (const Solid& solid : solids) place(solid, "cortical_bone", density);
  }
  void marrow(const Solid& solid) { place(solid, "spongiosa"); }

  SceneBuilder& scene_;
  const AbdomenFrame& f_;
  const Level& level_;
  double s_;
};

void place_spine(SceneBuilder& scene, const AbdomenFrame& f) {
  const double low = f.z * f.spine_low, high = f.z * f.spine_high;
  const double s = f.bone, middle = 0.5 * (high + low);
  scene.begin_organ("spinal_canal");
  const double half = 0.5 * (high - low);
  scene.place(cylinder(Vec3(0, f.spine + 25 * s, middle), Vec3(8.6 * s, 7.0 * s, half)), "csf");
  // The cord ends at L1, z = 10 mm.
  const double end = f.z * 10.0;
  scene.begin_organ("spinal_cord");
  scene.place(cylinder(Vec3(0, f.spine + 25 * s, 0.5 * (high + end)),
                       Vec3(5.2 * s, 4.2 * s, 0.5 * (high - end))),
              "white_matter");
  for (const Level& level : levels) Vertebra(scene, f, level).place_arch();
  for (const Level& level : levels) Vertebra(scene, f, level).place_body();
}

/// Rib `number` from its vertebra around the cage, down and forwards, and its cartilage.
struct Rib {
  std::vector<Vec3> bone, outwards, cartilage, cartilage_outwards;
};

Rib rib_path(const AbdomenFrame& f, double side, int number) {
  const double start = number >= 9 ? levels[number - 9].middle + 8.0 : 138.0 + 25.0 * (9 - number);
  constexpr double ends[] = {0.74, 0.72, 0.69, 0.64, 0.44, 0.28};  // of half a turn, ribs 7 to 12
  constexpr double drops[] = {112, 114, 110, 100, 74, 50};         // mm over that
  const double end = ends[number - 7], drop = drops[number - 7];
  Rib rib;
  const double s = f.bone;
  const auto add = [&](const Vec3& p, const Vec3& outwards) {
    rib.bone.push_back(p);
    rib.outwards.push_back(outwards);
  };
  add({side * 22 * s, f.spine + 13 * s, f.z * start}, Vec3(0, 1, 0));
  const Vec3 tubercle(side * 38 * s, f.spine + 26 * s, f.z * (start - 4));
  add(tubercle, Vec3(0, 1, 0));
  constexpr int steps = 9;
  const Vec3 middle = f.at(0, 4, 0);
  for (int i = 1; i <= steps; ++i) {
    const double turn = 0.1 + (end - 0.1) * i / steps;  // 0 behind, 1 in front
    const double angle = turn * std::numbers::pi;
    const double a = f.x * 127 + 7.0, b = f.y * 90.5 + 5.5;
    const double back = f.at(0, 88, 0).y();  // the ellipse is flat behind
    const Vec3 p(side * a * math::sin(angle), std::min(middle.y() + b * math::cos(angle), back),
                 f.z * (start - 4 - (drop - 4) * (turn - 0.1) / (end - 0.1)));
    if (side * (p.x() - tubercle.x()) < 8.0 && turn < 0.4) continue;
    add(p, Vec3(p.x() / (a * a), (p.y() - middle.y()) / (b * b), 0.0).normalized());
  }
  if (number <= 10) {
    const Vec3 last = rib.bone.back(), middle_front = f.at(0, -86, 0);
    const Vec3 sternum(side * (12.0 + 9.0 * (number - 7)) * f.x, middle_front.y() - 5.0,
                       last.z() + (30.0 + 6.0 * (10 - number)) * f.z);
    const Vec3 half_way = 0.5 * (last + sternum) + Vec3(side * 7, -7, -3);
    rib.cartilage = {last, half_way, sternum};
    rib.cartilage_outwards = {rib.outwards.back(), Vec3(0.4 * side, -1, 0), Vec3(0, -1, 0)};
  }
  return rib;
}

void place_strap(SceneBuilder& scene, const AbdomenFrame& f, const std::vector<Solid>& links,
                 std::string_view material) {
  for (const Solid& link : links)
    if (bounds(link).low.z() < f.top() - 0.5)
      scene.place(cut(link, Vec3(0, 0, f.top() - 0.1), Vec3::UnitZ()), material);
}

void place_ribs(SceneBuilder& scene, const AbdomenFrame& f) {
  const double s = f.bone;
  for (const double side : {-1.0, 1.0})
    for (int number = 7; number <= 12; ++number) {
      const Rib rib = rib_path(f, side, number);
      scene.begin_organ("costal_cartilage");
      if (!rib.cartilage.empty())
        place_strap(scene, f, strap(rib.cartilage, rib.cartilage_outwards, 3.4 * s, 5.5 * s),
                    "cartilage");
      scene.begin_organ("ribs");
      place_strap(scene, f, strap(rib.bone, rib.outwards, 3.5 * s, 6.2 * s), "cortical_bone");
      place_strap(scene, f, strap(rib.bone, rib.outwards, 3.5 * s - cortex, 6.2 * s - cortex),
                  "spongiosa");
    }
}

void place_iliac_crests(SceneBuilder& scene, const AbdomenFrame& f) {
  for (const double side : {-1.0, 1.0}) {
    const Vec3 normal = Vec3(side * 0.86, 0.30, 0.42).normalized();
    const Vec3 middle = f.at(side * 106, 42, -158);
    const auto wing = [&](double grown, const Vec3& shift) {
      Solid all = ellipsoid(middle + shift, f.bone * Vec3(6.5, 52, 46) + Vec3::Constant(grown),
                            frame({0, -0.2, 1}, normal));
      return cut(std::move(all), Vec3(0, 0, f.bottom()), -Vec3::UnitZ());
    };
    scene.begin_organ("wall_muscle");
    scene.place(wing(6.0, Vec3(-side * 7, -4, 0)), "muscle");
    scene.begin_organ("pelvis");
    scene.place(wing(0.0, Vec3::Zero()), "cortical_bone");
    scene.place(wing(-1.6, Vec3::Zero()), "spongiosa");
  }
}

}  // namespace

void place_abdominal_skeleton(SceneBuilder& scene, const AbdomenFrame& f) {
  place_ribs(scene, f);
  place_iliac_crests(scene, f);
  place_spine(scene, f);
}

}  // namespace vitrine::phantoms::detail

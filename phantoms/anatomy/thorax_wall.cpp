// Skin, fat and muscles of the chest, the lungs' outline, and the organs below
// the diaphragm.
#include <algorithm>

#include "vitrine/phantoms/anatomy/detail/thorax_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

constexpr double skin = 1.8;      // mm (ICRP 89: 1.2 to 1.9 mm)
constexpr double body_top = 200;  // mm about the middle of the lungs, in the reference chest
constexpr double body_bottom = -210;
constexpr double off_centre = 30.0;  // mm: two ellipses side by side give flat front and back

/// One layer of the trunk, `depth` mm below the skin's surface: two tall
/// ellipsoids side by side.
std::vector<Solid> layer(const ThoraxFrame& f, double depth) {
  std::vector<Solid> out;
  const double shift = off_centre * f.half_width / reference::half_width;
  for (const double side : {-1.0, 1.0}) {
    Solid half = ellipsoid(Vec3(side * shift, 0, -20),
                           Vec3(f.half_width - shift - depth, f.half_depth - depth, 620));
    half = cut(std::move(half), Vec3(0, 0, f.z * body_top), Vec3::UnitZ());
    out.push_back(cut(std::move(half), Vec3(0, 0, f.z * body_bottom), -Vec3::UnitZ()));
  }
  return out;
}

Solid breast(const ThoraxFrame& f, double side, double depth) {
  const double s = f.half_width / reference::half_width;
  return ellipsoid(Vec3(side * 76 * s, -f.half_depth + 14, f.z * 5),
                   Vec3(60 * s - depth, 28 - depth, 62 - depth));
}

}  // namespace

void place_wall(SceneBuilder& scene, const ThoraxFrame& f) {
  scene.begin_organ("skin");
  scene.place_union(layer(f, 0.0), "skin");
  if (f.female)
    for (const double side : {-1.0, 1.0}) scene.place(breast(f, side, 0.0), "skin");
  scene.begin_organ("fat");
  scene.place_union(layer(f, skin), "adipose");
  if (f.female) {
    for (const double side : {-1.0, 1.0}) scene.place(breast(f, side, skin), "adipose");
    scene.begin_organ("breast");
    for (const double side : {-1.0, 1.0}) {
      Solid gland = breast(f, side, 12.0);
      gland.centre += Vec3(0, -4, 0);
      scene.place(gland, "soft_tissue", 1.02e-3);
    }
  }
  // Outer muscles, a plane of fat, and the wall that holds the ribs.
  scene.begin_organ("muscle");
  scene.place_union(layer(f, skin + f.fat), "muscle");
  scene.begin_organ("deep_fat");
  scene.place_union(layer(f, skin + f.fat + 4.5), "adipose");
  scene.begin_organ("chest_wall");
  scene.place_union(layer(f, skin + f.fat + 6.5), "muscle");
  // Muscles about the shoulder blade.
  for (const double side : {-1.0, 1.0}) {
    scene.place(f.fixed(Vec3(side * 106, 58, 85), Vec3(26, 20, 70)), "muscle");
  }
}

std::vector<Solid> lung(const ThoraxFrame& f, double side) {
  // The whole, and a lobe in front that reaches behind the sternum; both end at
  // the midline.
  const double wide = side < 0.0 ? 1.0 : 0.97;
  std::vector<Solid> out{f.carried(Vec3(side * 60, 3, -45), Vec3(65 * wide, 78, 172)),
                         f.carried(Vec3(side * 46, -25, -25), Vec3(43, 48, 118))};
  for (Solid& solid : out) {
    solid = cut(std::move(solid), f.breathed(side * 4, 0, 0), Vec3(-side, 0, 0));
    solid = cut(std::move(solid), f.breathed(0, 0, -150), -Vec3::UnitZ());
  }
  return out;
}

namespace {

/// What lies under the dome of the diaphragm: bulk of the liver, of stomach and
/// spleen.
Solid dome(const ThoraxFrame& f, double side, double depth) {
  // The right dome stands higher.
  Solid all = side < 0.0 ? f.carried(Vec3(-58, 3, -185), Vec3(66, 76, 116))
                         : f.carried(Vec3(57, 5, -191), Vec3(64, 74, 112));
  all.half_axes -= Vec3::Constant(depth);
  return cut(std::move(all), Vec3(0, 0, f.z * body_bottom + 1.0), -Vec3::UnitZ());
}

}  // namespace

void place_abdomen(SceneBuilder& scene, const ThoraxFrame& f) {
  scene.begin_organ("diaphragm");
  for (const double side : {-1.0, 1.0}) scene.place(dome(f, side, 0.0), "muscle");
  // The middle of the abdomen, between the domes.
  scene.begin_organ("abdominal_fat");
  scene.place(cut(f.carried(Vec3(0, -4, -205), Vec3(75, 78, 95)),
                  Vec3(0, 0, f.z * body_bottom + 1.0), -Vec3::UnitZ()),
              "adipose");
  for (const double side : {-1.0, 1.0}) scene.place(dome(f, side, 3.0), "adipose");
  scene.begin_organ("liver");
  scene.place(dome(f, -1.0, 4.5), "liver");
  scene.place(f.carried(Vec3(-5, -38, -160), Vec3(62, 38, 50)), "liver");
  scene.begin_organ("spleen");
  scene.place(f.carried(Vec3(88, 42, -158), Vec3(26, 36, 48)), "spleen");
  scene.begin_organ("stomach");
  const Solid stomach = f.carried(Vec3(56, -18, -146), Vec3(40, 40, 48));
  scene.place(stomach, "muscle");
  Solid lumen = stomach;
  lumen.half_axes -= Vec3::Constant(4.5);
  scene.place(lumen, "water");
  // Supine: the bubble collects in front.
  scene.begin_organ("stomach_gas");
  scene.place(cut(lumen, lumen.centre - Vec3(0, 12 * f.y, 0), Vec3::UnitY()), "air");
}

}  // namespace vitrine::phantoms::detail

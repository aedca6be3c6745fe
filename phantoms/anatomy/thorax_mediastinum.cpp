// Everything between the lungs: fat, heart, great vessels, airways, oesophagus.
#include <algorithm>

#include "vitrine/phantoms/anatomy/detail/thorax_lungs.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// A path written in the reference chest, carried by the lungs.
std::vector<Vec3> path(const ThoraxFrame& f, const std::vector<Vec3>& points) {
  std::vector<Vec3> out;
  for (const Vec3& p : points) out.push_back(f.breathed(p.x(), p.y(), p.z()));
  return out;
}

void place_tube(SceneBuilder& scene, const ThoraxFrame& f, const std::vector<Vec3>& points,
                double radius, std::string_view material) {
  scene.place_union(tube(path(f, points), radius * f.round()), material);
}

/// The heart's long axis: from the base, right behind above, to the apex, left
/// in front below.
const Vec3 to_apex = Vec3(0.66, -0.56, -0.50).normalized();

/// A part of the heart: `along` the long axis, `across` to the left and back,
/// `up`.
Solid heart_part(const ThoraxFrame& f, double along, double across, double up, const Vec3& half) {
  const Mat3 axes = frame(to_apex, Vec3(0.64, 0.76, 0.0));
  const Vec3 offset = f.heart * (along * axes.col(2) + across * axes.col(0) + up * axes.col(1));
  const double s = f.round() * f.heart;
  return ellipsoid(f.breathed(18, -26, -46) + s / f.heart * offset, s * half, axes);
}

/// A ventricle ejects 58 % of its blood, evenly in all directions; an atrium fills by a quarter
/// meanwhile (Maceira et al., J Cardiovasc Magn Reson 8 (2006) 417; Hudsmith et al., ibid. 7 (2005)
/// 775).
double ventricle(const ThoraxFrame& f) { return 1.0 - 0.25 * f.systole; }
double atrium(const ThoraxFrame& f) { return 1.0 + 0.075 * f.systole; }

std::vector<Solid> mediastinal_fat(const ThoraxFrame& f) {
  return {f.carried(Vec3(0, -15, 55), Vec3(35, 45, 95)),    // about the great vessels
          f.carried(Vec3(3, 2, -55), Vec3(34, 27, 110)),    // behind the heart
          f.carried(Vec3(6, -62, -40), Vec3(20, 26, 85))};  // behind the sternum
}

}  // namespace

double heart_in(const ThoraxFrame& f, double size) {
  return std::min(size, 1.1 * std::min(f.x, f.y)) / f.round();
}

Solid pericardium(const ThoraxFrame& f, double more) {
  // The heart as a whole loses 8 % of its volume in systole (Carlsson et al., Am J Physiol 287
  // (2004) H243).
  const double tight = 1.0 - 0.027 * f.systole;
  return heart_part(f, 0, 0, 0, tight * Vec3(45, 46, 63) + Vec3::Constant(more));
}

std::vector<Solid> not_lung(const ThoraxFrame& f) {
  std::vector<Solid> all = mediastinal_fat(f);
  all.push_back(pericardium(f, 6.0));
  all.push_back(f.carried(Vec3(-58, 3, -185), Vec3(72, 82, 122)));
  all.push_back(f.carried(Vec3(57, 5, -191), Vec3(70, 80, 118)));
  all.push_back(cylinder(Vec3(0, spine_y(f) + 24, 0), Vec3(48, 32, 300)));
  return all;
}

Host mediastinal_nodes(const ThoraxFrame& f) {
  Host nodes;
  nodes.organ = "lymph_node";
  nodes.tissue = {"mediastinum"};
  nodes.extent = {f.at(-34, -58, -10), f.at(36, 30, 105)};
  nodes.stretch(2, 2) = f.breath;
  nodes.shift = Vec3(0, 0, f.apex * (1.0 - f.breath));
  nodes.background = 0.95e-3;
  nodes.background_material = "adipose";
  return nodes;
}

void place_mediastinum(SceneBuilder& scene, const ThoraxFrame& f) {
  scene.begin_organ("mediastinum");
  scene.place_union(mediastinal_fat(f), "adipose");
  scene.place(pericardium(f, 3.0), "adipose");
  scene.begin_organ("heart");
  scene.place(pericardium(f, 0.0), "heart");
  // Chambers of blood: left and right ventricle, left and right atrium.
  const auto chamber = [&](const char* supply, const Solid& solid) {
    scene.begin_organ("heart_chambers", supply);
    scene.place(solid, "blood");
  };
  chamber("left_heart", heart_part(f, 12, 15, -2, ventricle(f) * Vec3(19, 20, 36)));
  chamber("right_heart", heart_part(f, 2, -20, 10, ventricle(f) * Vec3(15, 25, 44)));
  chamber("left_heart", heart_part(f, -36, 18, -2, atrium(f) * Vec3(22, 24, 17)));
  chamber("right_heart", heart_part(f, -34, -20, -4, atrium(f) * Vec3(19, 22, 19)));
}

void place_great_vessels(SceneBuilder& scene, const ThoraxFrame& f) {
  scene.begin_organ("pulmonary_arteries");
  place_tube(scene, f, {{20, -46, -4}, {18, -42, 14}, {16, -28, 32}}, 12.5, "blood");
  place_tube(scene, f, {{16, -28, 30}, {30, -6, 34}, {44, 8, 28}, {51, 14, 10}}, 9.5, "blood");
  place_tube(scene, f, {{14, -26, 30}, {4, -4, 27}, {-24, 2, 22}, {-46, 8, 14}}, 9.0, "blood");
  scene.begin_organ("pulmonary_veins");
  place_tube(scene, f, {{-12, 6, -12}, {-34, -4, -2}, {-46, -8, 6}}, 6.0, "blood");
  place_tube(scene, f, {{-12, 8, -18}, {-30, 14, -16}, {-46, 18, -14}}, 6.0, "blood");
  place_tube(scene, f, {{16, 4, -10}, {36, -6, 0}, {50, -8, 6}}, 6.0, "blood");
  place_tube(scene, f, {{16, 8, -18}, {34, 16, -16}, {50, 18, -14}}, 6.0, "blood");
  scene.begin_organ("veins", "upper_veins");
  place_tube(scene, f, {{-27, -16, 96}, {-27, -16, 50}, {-27, -14, -6}}, 9.0, "blood");
  place_tube(scene, f, {{-27, -18, 92}, {-6, -36, 96}, {26, -30, 112}, {34, -14, 150}}, 6.0,
             "blood");
  place_tube(scene, f, {{-27, -16, 94}, {-36, -12, 150}}, 6.5, "blood");
  scene.begin_organ("veins", "vena_cava");
  if (f.in_torso)
    place_tube(scene, f, {{-22, 0, -52}, {-22, 0, -84}}, 11.0, "blood");
  else
    place_tube(scene, f, {{-22, 0, -52}, {-22, 6, -90}, {-18, 22, -150}, {-16, 24, -205}}, 11.0,
               "blood");
  scene.begin_organ("veins", "lower_veins");  // azygos
  place_tube(scene, f,
             {{-5, 34, f.in_torso ? -60.0 : -150.0},
              {-5, 33, 0},
              {-7, 32, 42},
              {-18, 10, 54},
              {-26, -10, 54}},
             3.5, "blood");
  scene.begin_organ("aorta");
  place_tube(scene, f,
             {{2, -26, -14},
              {-8, -28, 10},
              {-10, -26, 44},
              {-4, -18, 64},
              {10, 2, 72},
              {20, 20, 66},
              {25, 31, 46}},
             14.5, "blood");
  if (f.in_torso)
    place_tube(scene, f, {{25, 31, 50}, {25, 34, 20}, {24, 34, -40}, {22, 32, -66}}, 12.0, "blood");
  else
    place_tube(
        scene, f,
        {{25, 31, 50}, {25, 34, 20}, {24, 34, -40}, {18, 31, -110}, {8, 28, -160}, {5, 28, -205}},
        12.0, "blood");
  place_tube(scene, f, {{-2, -16, 72}, {-10, -14, 96}, {-20, -10, 150}}, 6.0, "blood");
  place_tube(scene, f, {{8, 0, 78}, {10, -2, 104}, {14, -4, 150}}, 4.0, "blood");
  place_tube(scene, f, {{18, 12, 74}, {22, 14, 100}, {30, 8, 150}}, 5.0, "blood");
}

void place_airways(SceneBuilder& scene, const ThoraxFrame& f) {
  struct Airway {
    std::vector<Vec3> points;
    double radius;
  };
  const double bore = trachea_radius(f);
  const std::vector<Airway> airways{
      {{{0, -8, 160}, {0, 2, 110}, {0, 12, 70}, {0, 16, 46}}, bore},
      {{{0, 16, 48}, {-16, 17, 32}, {-34, 17, 20}}, 0.78 * bore},
      {{{0, 16, 48}, {24, 17, 28}, {42, 17, 12}}, 0.70 * bore},
      // Lobar bronchi: right upper, intermediate and lower, middle, left upper and lower.
      {{{-32, 17, 21}, {-42, 14, 29}, {-51, 10, 34}}, 0.45 * bore},
      {{{-34, 17, 20}, {-48, 18, -2}, {-54, 22, -20}}, 0.5 * bore},
      {{{-48, 17, -2}, {-58, 4, -14}}, 0.34 * bore},
      {{{42, 17, 12}, {50, 10, 20}, {57, 4, 26}}, 0.46 * bore},
      {{{42, 17, 12}, {52, 22, -6}, {58, 26, -22}}, 0.47 * bore},
  };
  scene.begin_organ("oesophagus");
  std::vector<Vec3> oesophagus{{4, 12, 160}, {5, 24, 100}, {6, 32, 50}, {5, 33, 0}, {8, 30, -60}};
  if (!f.in_torso) oesophagus.insert(oesophagus.end(), {{18, 22, -105}, {30, 6, -122}});
  place_tube(scene, f, oesophagus, 6.0, "muscle");
  scene.begin_organ("airway_walls");
  for (const Airway& airway : airways)
    place_tube(scene, f, airway.points, airway.radius + 1.4, "soft_tissue");
  scene.begin_organ("airways");
  for (const Airway& airway : airways) place_tube(scene, f, airway.points, airway.radius, "air");
}

}  // namespace vitrine::phantoms::detail

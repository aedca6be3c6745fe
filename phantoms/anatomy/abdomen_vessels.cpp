// Aorta, inferior vena cava, portal vein and their main branches; ureters.
#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"

namespace vitrine::phantoms::detail {
namespace {

/// A tube along points of the reference, carried by the diaphragm, by the bowel or by nothing.
enum class Carried { diaphragm, bowel, not_at_all };

void place_tube(SceneBuilder& scene, const AbdomenFrame& f, const std::vector<Vec3>& points,
                double radius, Carried by, std::string_view material = "blood",
                double density = blood_density) {
  std::vector<Vec3> path;
  for (const Vec3& p : points)
    path.push_back(by == Carried::diaphragm ? f.hung(p)
                   : by == Carried::bowel   ? f.pushed(p)
                                            : f.at(p));
  for (Solid& link : tube(path, radius * f.bone))
    scene.place(
        cut(cut(link, Vec3(0, 0, f.bottom()), -Vec3::UnitZ()), Vec3(0, 0, f.top()), Vec3::UnitZ()),
        material, density);
}

}  // namespace

void place_abdominal_vessels(SceneBuilder& scene, const AbdomenFrame& f) {
  using enum Carried;
  // Infrarenal radius 10 mm in men, 8.5 mm in women (bone scale included): Johnston et al., J Vasc
  // Surg 13 (1991) 452.
  const double aorta = f.female ? 9.3 : 10.0;
  scene.begin_organ("vena_cava");
  place_tube(scene, f, {{-22, -8, 100}, {-25, -2, 78}, {-23, 4, 40}, {-20, 8, 0}, {-18, 11, -104}},
             10.5, not_at_all);
  place_tube(scene, f, {{-18, 10, -98}, {-34, 18, -160}}, 7.5, not_at_all);
  place_tube(scene, f, {{-16, 12, -100}, {6, 15, -118}, {32, 20, -160}}, 7.0, not_at_all);
  scene.begin_organ("renal_veins");
  place_tube(scene, f, {{42, 22, 12}, {26, 2, 10}, {4, -6, 8}, {-18, 4, 4}}, 4.2, not_at_all);
  place_tube(scene, f, {{-44, 20, 3}, {-22, 6, 5}}, 4.8, not_at_all);
  scene.begin_organ("aorta");
  place_tube(scene, f, {{10, 12, f.in_torso ? 84.0 : 140.0}, {8, 9, 60}, {9, 9, 0}, {8, 8, -92}},
             aorta, not_at_all);
  place_tube(scene, f, {{8, 8, -88}, {-12, 8, -120}, {-26, 12, -160}}, 6.0, not_at_all);
  place_tube(scene, f, {{8, 8, -88}, {24, 9, -120}, {36, 13, -160}}, 6.0, not_at_all);
  scene.begin_organ("visceral_arteries");
  place_tube(scene, f, {{8, 2, 34}, {6, -13, 38}, {-12, -18, 38}, {-30, -20, 36}}, 3.0, diaphragm);
  place_tube(scene, f, {{6, -13, 38}, {28, -6, 40}, {52, 10, 44}, {70, 20, 46}}, 2.8, diaphragm);
  place_tube(scene, f, {{8, 1, 20}, {5, -13, 6}, {2, -17, -30}, {-4, -22, -90}}, 3.6, bowel);
  place_tube(scene, f, {{16, 8, 12}, {30, 18, 10}, {44, 23, 10}}, 2.8, not_at_all);
  place_tube(scene, f, {{2, 10, 10}, {-14, 17, 6}, {-30, 20, 4}, {-44, 22, 2}}, 2.8, not_at_all);
  scene.begin_organ("portal_vein");
  place_tube(scene, f, {{-10, -24, -90}, {-8, -20, -30}, {-9, -18, 6}}, 5.2, bowel);
  place_tube(scene, f, {{-9, -18, 4}, {-22, -15, 22}, {-40, -15, 36}}, 6.4, diaphragm);
  place_tube(scene, f, {{-9, -17, 6}, {10, -17, 16}, {32, -3, 26}, {54, 16, 34}, {70, 22, 40}}, 4.2,
             diaphragm);
  scene.begin_organ("ureters");
  for (const double side : {-1.0, 1.0})
    place_tube(scene, f, {{side * 42, 20, 2}, {side * 38, 12, -40}, {side * 34, 8, -160}}, 2.0,
               not_at_all, "urine", 1.02e-3);
}

}  // namespace vitrine::phantoms::detail

#include "vitrine/phantoms/anatomy/thorax.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/anatomy/chest_shape.hpp"
#include "vitrine/phantoms/anatomy/vessel_tree.hpp"

namespace vitrine::phantoms {

const Schema<Thorax::Params>& Thorax::schema() {
  static const auto s =
      Schema<Params>(
          "thorax",
          "Chest of an adult: wall, skeleton, lungs with vessels and airways, heart, great vessels")
          .optional("sex", &Params::sex, "sets the breasts")
          .one_of({"female", "male"})
          .optional("chest_width", &Params::chest_width, unit::mm,
                    "outer width at mid-chest (NHANES chest breadth, arms up)")
          .between(240, 440)
          .optional("depth_ratio", &Params::depth_ratio, "outer depth over width")
          .between(0.55, 0.9)
          .optional("fat", &Params::fat, unit::mm, "subcutaneous fat at the sides")
          .between(3, 45)
          .optional("heart_scale", &Params::heart_scale, "size of the heart over the reference one")
          .between(0.7, 1.4)
          .optional("lung_density", &Params::lung_density, unit::g_per_cm3,
                    "parenchyma with capillaries, at inspiration 1")
          .between(0.12, 0.5)
          .optional("vessel_radius", &Params::vessel_radius, unit::mm, "thinnest pulmonary vessel")
          .between(0.2, 3)
          .optional("vessel_ends", &Params::vessel_ends,
                    "thinnest vessels per lung, arteries and veins each")
          .between(0, 2000);
  return s;
}

namespace {

constexpr double mediastinum = 15.0;  // mm: half the distance of the lungs' medial faces

Mat3 tilted(double about_y, double about_z) {
  const double cy = math::cos(about_y), sy = math::sin(about_y), cz = math::cos(about_z),
               sz = math::sin(about_z);
  Mat3 y, z;
  y << cy, 0, sy, 0, 1, 0, -sy, 0, cy;
  z << cz, -sz, 0, sz, cz, 0, 0, 0, 1;
  return z * y;
}

/// The chest's organs, laid out by one shape; side -1 is the patient's right.
class Layout {
 public:
  Layout(const ChestShape& chest, const Thorax::Params& params) : chest_(chest), params_(params) {}

  Solid lung(double side) const {
    // The cage, breathing, less the pleural gap, on its side of the mediastinum.
    Solid solid =
        ellipsoid(chest_.cage_centre(),
                  chest_.cage_half_axes().cwiseProduct(chest_.stretch) - Vec3::Constant(2.0));
    solid.cuts.push_back({Vec3(-side, 0.0, 0.0), -mediastinum});
    return solid;
  }
  /// Liver on the right, stomach and spleen on the left: the domes below the lungs, going down with
  /// them.
  Solid dome(double side) const {
    const double down = (chest_.stretch.z() - 1.0) * 75.0;
    const Vec3 half = chest_.cage_half_axes();
    return side < 0 ? ellipsoid({-0.36 * half.x(), -6.0, -172.0 - down},
                                {0.58 * half.x(), 0.86 * half.y(), 88.0})
                    : ellipsoid({0.42 * half.x(), 0.0, -174.0 - down},
                                {0.52 * half.x(), 0.82 * half.y(), 80.0});
  }
  Solid heart() const {
    return ellipsoid(heart_at(20, -28, -42), Vec3(60, 44, 52) * chest_.heart_scale,
                     tilted(0.35, 0.6));
  }

  void place_organs(SceneBuilder& scene) const {
    scene.begin_organ("mediastinum");
    scene.place(ellipsoid(chest_.cage_centre(), chest_.cage_half_axes()), "adipose");
    scene.begin_organ("lung_right");
    scene.place(lung(-1.0), "lung", chest_.lung_density);
    scene.begin_organ("lung_left");
    scene.place(lung(1.0), "lung", chest_.lung_density);
    scene.begin_organ("liver");
    scene.place(dome(-1.0), "liver");
    scene.begin_organ("spleen");
    scene.place(dome(1.0), "spleen");
  }

  /// Arteries and veins of both lungs, as trees from the hila to points spread over the parenchyma.
  void place_vessels(SceneBuilder& scene, Rng& rng) const {
    scene.begin_organ("pulmonary_vessels");
    const Solid obstacles[] = {heart(), dome(-1.0), dome(1.0)};
    const Mat3 stretch = chest_.stretch.asDiagonal();
    const Vec3 shift = chest_.cage_centre() - stretch * chest_.cage_centre();
    for (const double side : {-1.0, 1.0})
      for (const double vein : {0.0, 1.0}) {
        const Vec3 root(side * 30.0, vein ? -8.0 : 4.0, vein ? -8.0 : 22.0);
        std::vector<Vec3> cloud;
        for (int tries = 0; std::ssize(cloud) < params_.vessel_ends && tries < 100000; ++tries) {
          const Vec3 half = chest_.cage_half_axes();
          const double x = rng.uniform(0.0, 1.0), y = rng.uniform(-1.0, 1.0),
                       z = rng.uniform(-1.0, 1.0);
          if (x * x + y * y + z * z > 0.86) continue;  // short of the pleura
          const Vec3 p = chest_.cage_centre() + half.cwiseProduct(Vec3(side * x, y, z));
          const auto within = [&](const Solid& solid) { return contains(solid, p); };
          if (side * p.x() > mediastinum + 8.0 &&
              std::none_of(std::begin(obstacles), std::end(obstacles), within))
            cloud.push_back(p);
        }
        if (cloud.empty()) continue;
        VesselGrowth growth;
        growth.min_radius = params_.vessel_radius;
        growth.root_radius = vein ? 5.5 : 6.5;
        VesselTree tree =
            grow_vessels(root, Vec3(side, 0.0, -0.25).normalized(), std::move(cloud), growth, rng);
        tree.move(stretch, shift);
        const auto solids = tree.solids();
        scene.place_union(solids, "blood", material("blood").density);
      }
  }

  void place_airways(SceneBuilder& scene) const {
    const Vec3 larynx(2, 2, 190), carina(2, 6, 48);
    const Vec3 right(-34, 8, 20), left(38, 12, 16);
    const auto tubes = [&](double wall, const char* material) {
      scene.place(capsule(carina, larynx, 9.0 + wall), material);
      scene.place(capsule(carina, right, 6.8 + wall), material);
      scene.place(capsule(carina, left, 6.2 + wall), material);
      for (const double side : {-1.0, 1.0}) {
        const Vec3 hilum = side < 0 ? right : left;
        scene.place(capsule(hilum, hilum + Vec3(side * 18, -14, 26), 3.2 + 0.6 * wall), material);
        scene.place(capsule(hilum, hilum + Vec3(side * 14, 6, -40), 4.0 + 0.6 * wall), material);
        scene.place(capsule(hilum + Vec3(side * 14, 6, -40), hilum + Vec3(side * 26, 22, -72),
                            2.4 + 0.6 * wall),
                    material);
        scene.place(capsule(hilum + Vec3(side * 6, 0, -20), hilum + Vec3(side * 24, -30, -44),
                            2.4 + 0.6 * wall),
                    material);
      }
    };
    scene.begin_organ("airway_walls");
    tubes(1.5, "cartilage");
    scene.begin_organ("airways");
    tubes(0.0, "air");
  }

  void place_heart(SceneBuilder& scene) const {
    const double s = chest_.heart_scale;
    scene.begin_organ("heart");
    scene.place(heart(), "heart");
    scene.begin_organ("heart_chambers");
    scene.place(ellipsoid(heart_at(36, -30, -52), Vec3(26, 21, 32) * s, tilted(0.35, 0.6)),
                "blood");
    scene.place(ellipsoid(heart_at(12, -48, -46), Vec3(30, 14, 30) * s, tilted(0.2, 0.4)), "blood");
    scene.place(ellipsoid(heart_at(6, -6, -24), Vec3(28, 15, 20) * s), "blood");
    scene.place(ellipsoid(heart_at(-22, -26, -36), Vec3(17, 20, 26) * s), "blood");
  }

  void place_great_vessels(SceneBuilder& scene) const {
    const double back = chest_.cage_back() - 24.0;
    scene.begin_organ("pulmonary_arteries");
    place_vessel(scene, {{{12, -38, 4}, {20, -12, 30}, 12.5},
                         {{18, -12, 30}, {-34, 2, 24}, 9.0},
                         {{20, -10, 31}, {38, 8, 30}, 9.5}});
    scene.begin_organ("vena_cava");
    place_vessel(scene,
                 {{{-26, -18, 0}, {-24, -16, 100}, 9.5}, {{-20, -12, -60}, {-22, -8, -160}, 11.0}});
    scene.begin_organ("aorta");
    place_vessel(scene, {{{-2, -30, -8}, {-10, -28, 56}, 15.0},
                         {{-10, -28, 56}, {6, -4, 76}, 14.0},
                         {{6, -4, 76}, {20, back, 58}, 13.0},
                         {{20, back, 58}, {16, back, -200}, 12.0}});
    scene.begin_organ("oesophagus");
    scene.place(capsule({0, back - 6, 190}, {4, back - 8, -170}, 6.5), "soft_tissue");
  }

 private:
  struct Segment {
    Vec3 from, to;
    double radius;
  };
  static void place_vessel(SceneBuilder& scene, std::initializer_list<Segment> segments) {
    for (const Segment& s : segments) scene.place(capsule(s.from, s.to, s.radius), "blood");
  }
  /// A point of the reference heart, scaled about its middle.
  Vec3 heart_at(double x, double y, double z) const {
    const Vec3 middle(20, -28, -42);
    return middle + chest_.heart_scale * (Vec3(x, y, z) - middle);
  }

  const ChestShape& chest_;
  const Thorax::Params& params_;
};

}  // namespace

AnatomyRecord Thorax::build(SceneBuilder& scene, Rng rng, const PatientState& state) const {
  AnatomyRecord record;
  ChestShape chest;
  record.sex = params_.sex.sample(rng);
  chest.female = record.sex == "female";
  const double width = params_.chest_width.sample(rng);
  const double ratio = params_.depth_ratio.sample(rng);
  chest.fat = params_.fat.sample(rng);
  chest.heart_scale = params_.heart_scale.sample(rng);
  const double density = params_.lung_density.sample(rng);
  chest.half_width = 0.5 * width;
  chest.half_depth = 0.5 * width * ratio;
  chest.lung_density = density / state.inspiration;
  // Half of a breath's volume goes down with the diaphragm, the rest widens the cage.
  const double wider = math::pow(state.inspiration, 0.25);
  chest.stretch = Vec3(wider, wider, wider * wider);

  const Layout layout(chest, params_);
  place_wall(scene, chest);
  layout.place_organs(scene);
  layout.place_vessels(scene, rng);
  layout.place_airways(scene);
  layout.place_heart(scene);
  layout.place_great_vessels(scene);
  place_skeleton(scene, chest);

  record.parameters = {{"chest_width_mm", width},
                       {"chest_depth_mm", width * ratio},
                       {"fat_mm", chest.fat},
                       {"heart_scale", chest.heart_scale},
                       {"lung_density_g_per_cm3", density / units::g_per_cm3}};
  Host lung;
  lung.organ = "lung";
  lung.tissue = {"lung_right", "lung_left", "pulmonary_vessels"};
  const Vec3 half = chest.cage_half_axes();
  lung.extent.low = Vec3(-half.x(), chest.cage_centre().y() - half.y(), -85.0);
  lung.extent.high = Vec3(half.x(), chest.cage_centre().y() + half.y(), 125.0);
  lung.stretch = chest.stretch.asDiagonal();
  lung.shift = chest.cage_centre() - lung.stretch * chest.cage_centre();
  lung.background = chest.lung_density;
  lung.background_material = "lung";
  record.hosts.push_back(std::move(lung));
  return record;
}

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/anatomy/torso.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>

#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/anatomy/detail/arms.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_lungs.hpp"
#include "vitrine/phantoms/anatomy/detail/torso_frame.hpp"

namespace vitrine::phantoms {
namespace detail {
namespace {

constexpr double chest_top = 200.0;      // mm over the middle of the reference lungs
constexpr double chest_muscle_low = 30;  // mm of the abdomen: the ribs' outer muscles begin here

/// The shoulders slope: two planes that every layer is cut by, `depth` below the skin.
Solid sloped(const TorsoFrame& f, Solid solid, double depth) {
  const double top = f.lift.z() + f.chest.z * chest_top;
  for (const double side : {-1.0, 1.0}) {
    const Vec3 normal = Vec3(side * 0.50, 0.0, 0.866);
    const Vec3 edge(side * 0.52 * f.belly.half_width, 0, top);
    solid = cut(std::move(solid), edge - depth * normal, normal);
  }
  return solid;
}

/// A layer of the trunk from the thighs to the neck.
Solid layer(const TorsoFrame& f, double depth) {
  return sloped(f, trunk_layer(f.belly, depth, f.belly.bottom(), f.belly.top()), depth);
}

/// A layer that widens from the waist to the hips, in three pieces.
std::vector<Solid> hipped(const TorsoFrame& f, double depth) {
  const double waist = f.belly.z * -90.0, hips = f.belly.z * -225.0;
  std::vector<Solid> out{sloped(f, trunk_layer(f.belly, depth, waist, f.belly.top()), depth)};
  for (const auto& [low, high, from, to] :
       {std::tuple(hips, waist, f.hips, 1.0), std::tuple(f.belly.bottom(), hips, f.hips, f.hips)}) {
    Solid piece = trunk_layer(f.belly, depth, low, high);
    const double middle = 0.5 * (from + to);
    piece.cuts.clear();
    piece.centre.y() *= 1.0;
    piece.kind = from == to ? Solid::Kind::cylinder : Solid::Kind::cone;
    piece.half_axes.x() = middle * f.belly.half_width - depth;
    piece.half_axes.y() = middle * 1.06 * f.belly.half_depth - depth;
    piece.taper = 0.5 * (to - from) / middle;
    // It lies on the same table.
    piece = cut(std::move(piece), Vec3(0, f.belly.half_depth - depth, 0), Vec3::UnitY());
    out.push_back(std::move(piece));
  }
  return out;
}

/// The chest as a list of placements of its own, to be taken over piece by piece.
class ChestParts {
 public:
  ChestParts(SceneBuilder& torso, const TorsoFrame& f) : torso_(torso), f_(f) {}

  using Change = std::function<bool(std::string_view organ, Solid& solid)>;
  /// Place what `make` places, moved to its place; `change` may alter a solid or leave it out.
  void take(const std::function<void(SceneBuilder&)>& make, const Change& change = {}) {
    SceneBuilder chest;
    make(chest);
    for (const SceneBuilder::Step& step : chest.steps()) {
      Solid solid = moved(chest.solids()[step.solids.front()], Pose{Mat3::Identity(), f_.lift});
      const std::string& organ = chest.organs()[step.organ].name;
      if (change && !change(organ, solid)) continue;
      torso_.begin_organ(organ, step.supply);
      std::vector<Delta> content = step.content;
      for (Delta& delta : content)
        delta.material = torso_.material(chest.materials()[delta.material].name);
      torso_.place_union(std::span(&solid, 1), content);
    }
  }

 private:
  SceneBuilder& torso_;
  const TorsoFrame& f_;
};

Lobe moved(Lobe lobe, const Vec3& shift) {
  for (Solid::Plane& plane : lobe.planes) plane.offset += plane.normal.dot(shift);
  lobe.extent.low += shift;
  lobe.extent.high += shift;
  return lobe;
}

/// The chest that goes with an abdomen: about the same spine, its front against the same wall.
ThoraxFrame chest_frame(const AbdomenFrame& belly, double fat, double lung_height) {
  ThoraxFrame f;
  f.female = belly.female;
  f.fat = fat;
  // Cage and cavity of the mean bodies are alike: 153 and 150.5 mm.
  f.half_width = 1.015 * (belly.half_width - belly.fat) + fat;
  f.half_depth = 0.69 * f.half_width;
  f.z = lung_height / reference::lung_height;
  constexpr double kyphosis = 4.0;  // mm
  const double front = -belly.half_depth + 0.5 * (belly.fat - fat);
  for (int i = 0; i < 8; ++i) {  // the spine's place depends on the depth by the bones' size
    f.x = (f.half_width - f.fat) / (reference::half_width - reference::fat);
    f.y = (f.half_depth - f.fat) / (reference::half_depth - reference::fat);
    f.half_depth = 0.5 * (belly.spine + kyphosis - front + f.half_depth - spine_y(f));
  }
  return f;
}

void place_descending(SceneBuilder& scene, const TorsoFrame& f) {
  // Aorta and vena cava from the chest's to the abdomen's.
  const auto chest = [&](double x, double y, double z) {
    return Vec3(f.chest.breathed(x, y, z) + f.lift);
  };
  const AbdomenFrame& b = f.belly;
  const double radius = b.female ? 9.3 : 10.0;
  scene.begin_organ("aorta");
  scene.place_union(
      tube({chest(22, 32, -62), b.at({13, 16, 108}), b.at({10, 12, 80})}, radius * b.bone), "blood",
      blood_density);
  scene.begin_organ("azygos_vein");
  scene.place_union(tube({chest(-5, 34, -56), b.at({-6, 14, 90})}, 3.5), "blood", blood_density);
}

}  // namespace

void place_torso_wall(SceneBuilder& scene, const TorsoFrame& f) {
  const AbdomenFrame& b = f.belly;
  scene.begin_organ("skin");
  scene.place_union(hipped(f, 0.0), "skin");
  ChestParts chest(scene, f);
  const auto breasts = [&](std::string_view layer_name) {
    if (!b.female) return;
    chest.take([&](SceneBuilder& s) { place_wall(s, f.chest); },
               [&](std::string_view organ, Solid& solid) {
                 return organ == layer_name && solid.cuts.empty();
               });
  };
  breasts("skin");
  scene.begin_organ("fat");
  scene.place_union(hipped(f, abdomen_skin), "adipose");
  breasts("fat");
  breasts("breast");
  // Muscles of the shoulder girdle about the chest, then three layers from the thighs to the neck.
  const double outer = abdomen_skin + b.fat;
  scene.begin_organ("muscle");
  const double low = b.z * chest_muscle_low, high = low + 60.0;
  Solid rising = trunk_layer(b, outer, low, high);
  const double k = (b.half_width - abdomen_skin - f.chest.fat) / (b.half_width - outer);
  rising.kind = Solid::Kind::cone;
  rising.half_axes.x() *= 0.5 * (1.0 + k);
  rising.half_axes.y() *= 0.5 * (1.0 + k);
  rising.taper = (k - 1.0) / (k + 1.0);
  scene.place(rising, "muscle");
  scene.place(sloped(f, trunk_layer(b, abdomen_skin + f.chest.fat, high, b.top()),
                     abdomen_skin + f.chest.fat),
              "muscle");
  scene.begin_organ("wall_muscle");
  scene.place(layer(f, outer), "muscle");
  scene.begin_organ("wall_fat");
  scene.place(layer(f, outer + 5.0), "adipose");
  scene.begin_organ("wall_muscle");
  scene.place(layer(f, outer + 6.2), "muscle");
  chest.take([&](SceneBuilder& s) { place_wall(s, f.chest); },
             [](std::string_view organ, Solid& solid) {
               return organ == "muscle" && solid.cuts.empty();  // about the shoulder blades
             });
}

}  // namespace detail

const Schema<Torso::Params>& Torso::schema() {
  static const auto s =
      describe_abdomen(describe_population(Schema<Params>(
                           "torso", "Adult trunk, supine, neck to thighs, arms raised or not")))
          .optional("lung_height", &Params::lung_height, unit::mm,
                    "height of the lungs, apex to base, in deep inspiration (follows from height)")
          .between(160, 320)
          .optional("heart_scale", &Params::heart_scale,
                    "size of the heart over that of its body's surface")
          .between(0.75, 1.3)
          .optional("lung_density", &Params::lung_density, unit::g_per_cm3,
                    "density of the parenchyma, small vessels included, in deep inspiration")
          .between(0.1, 0.5)
          .optional("lung_twigs", &Params::lung_twigs,
                    "ends of the arteries, and of the veins, of a lobe of average size")
          .between(1, 400);
  return s;
}

AnatomyRecord Torso::build(SceneBuilder& scene, Rng rng, const PatientState& state) const {
  const detail::AbdomenDraw drawn = detail::draw_abdomen(params_, rng);
  const Person& person = drawn.person;
  const double lung_height =
      std::clamp(drawn_size(params_.lung_height, 0.1395 * person.height, 0.045, rng), 160.0, 320.0);
  const double heart_scale = params_.heart_scale.sample(rng);
  const double density = params_.lung_density.sample(rng);

  detail::TorsoFrame f;
  f.belly = detail::make_frame(drawn);
  f.chest = detail::chest_frame(f.belly, std::clamp(0.5 * f.belly.fat, 3.0, 40.0), lung_height);
  detail::AbdomenFrame& belly = f.belly;
  f.chest.heart = detail::heart_in(f.chest, heart_scale * person.heart_size());
  f.chest.breath = state.inspiration;
  f.chest.systole = state.systole;
  f.chest.apex = f.chest.at(0, 0, 125).z();
  f.chest.in_torso = belly.in_torso = true;
  f.hips = belly.female ? 1.08 : 1.03;
  // The dome of the diaphragm is where the bases of the lungs are.
  f.lift =
      Vec3(0, belly.spine + 4.0 - detail::spine_y(f.chest), belly.z * 118.0 + f.chest.z * 77.0);
  belly.down = f.chest.z * 202.0 * (state.inspiration - 1.0);
  belly.high = (f.lift.z() + f.chest.z * detail::chest_top) / belly.z;
  belly.low = -325.0;
  belly.cavity_low = -172.0;
  belly.spine_low = -148.0;
  // T9 is the abdomen's; T8 to C7 stand above it, up to where the chest has its first rib.
  f.chest.vertebrae = 9;
  f.chest.first_vertebra = 165.0;
  const double ninth = (belly.z * 138.0 - f.lift.z()) / f.chest.z;
  f.chest.vertebra = (f.chest.first_vertebra - ninth) / f.chest.vertebrae;
  const double joint = belly.z * 138.0 + 0.5 * f.chest.z * f.chest.vertebra;
  belly.spine_high = joint / belly.z;

  detail::ChestParts chest(scene, f);
  const auto all_of = [&](auto&& place) {
    chest.take([&](SceneBuilder& part) { place(part, f.chest); });
  };
  if (drawn.arms == "raised")
    detail::place_arms(
        scene, {true, belly.half_width, 0.1 * belly.half_depth, f.lift.z() + 150.0 * f.chest.z,
                belly.fat, belly.bone, -1e9, f.lift.z() + 375.0 * f.chest.z});
  else
    detail::place_arms(
        scene, {false, f.hips * belly.half_width, 0.15 * belly.half_depth,
                f.lift.z() + 140.0 * f.chest.z, belly.fat, belly.bone, belly.bottom(), 1e9});
  detail::place_torso_wall(scene, f);
  const double parenchyma = density / state.inspiration;
  for (const double side : {-1.0, 1.0})
    chest.take([&](SceneBuilder& part) {
      part.begin_organ(side < 0.0 ? "lung_right" : "lung_left");
      part.place_union(detail::lung(f.chest, side), "lung", parenchyma);
    });
  detail::place_abdominal_cavity(scene, belly);
  detail::place_back(scene, belly);
  chest.take([&](SceneBuilder& part) { detail::place_spine_bed(part, f.chest); },
             [&](std::string_view, Solid& solid) {
               solid = cut(solid, Vec3(0, 0, joint), -Vec3::UnitZ());
               return true;
             });
  detail::ThoraxFrame at_rest = f.chest;
  at_rest.breath = 1.0;
  std::vector<Lobe> lobes = detail::lung_lobes(at_rest);
  detail::LungDetail fineness;
  fineness.twigs = std::size_t(params_.lung_twigs);
  fineness.airway_min_radius = 2.5;
  const detail::LungTrees trees = detail::grow_lung_trees(f.chest, lobes, fineness, rng);
  chest.take([&](SceneBuilder& part) { detail::place_lung_trees(part, trees); });
  detail::place_pelvic_organs(scene, f);
  detail::place_stomach(scene, belly);
  detail::place_liver(scene, belly, drawn.density);
  all_of(detail::place_mediastinum);  // the heart rests on the liver
  belly.beside_liver = {moved(detail::pericardium(at_rest, 8.0), Pose{Mat3::Identity(), f.lift})};
  detail::place_liver_vessels(scene, belly, std::size_t(params_.vessel_twigs), rng);
  all_of(detail::place_great_vessels);
  all_of(detail::place_airways);
  detail::place_bowel(scene, belly, rng);
  detail::place_retroperitoneum(scene, belly);
  detail::place_descending(scene, f);
  detail::place_abdominal_vessels(scene, belly);
  detail::place_pelvic_vessels(scene, f);
  chest.take([&](SceneBuilder& part) { detail::place_rib_cage(part, f.chest, 6); });
  all_of(detail::place_thoracic_spine);
  detail::place_abdominal_skeleton(scene, belly);
  detail::place_pelvic_skeleton(scene, f);

  AnatomyRecord record;
  record.sex = person.sex;
  record.parameters = detail::parameters_of(drawn, belly);
  record.parameters.insert(record.parameters.end(),
                           {{"lung_height_mm", lung_height},
                            {"heart_scale", heart_scale},
                            {"lung_density_g_per_cm3", density / units::g_per_cm3}});
  Host lung;
  lung.organ = "lung";
  lung.tissue = {"lung_right", "lung_left", "lung_vessels"};
  lung.inside = {"lung_vessels", "airway_walls", "airways"};
  lung.extent = {f.chest.at(-130, -85, -100) + f.lift, f.chest.at(130, 90, 125) + f.lift};
  lung.stretch(2, 2) = f.chest.breath;
  const double fixed = f.lift.z() + f.chest.apex;
  lung.shift = Vec3(0, 0, fixed * (1.0 - f.chest.breath));
  for (Lobe& lobe : lobes) lobe = detail::moved(std::move(lobe), f.lift);
  lung.lobes = std::move(lobes);
  lung.background = parenchyma;
  lung.background_material = "lung";
  Host nodes = detail::mediastinal_nodes(f.chest);
  nodes.extent.low += f.lift;
  nodes.extent.high += f.lift;
  nodes.shift = lung.shift;
  record.hosts.push_back(std::move(lung));
  record.hosts.push_back(std::move(nodes));
  for (Host& host : detail::abdominal_hosts(drawn, belly)) record.hosts.push_back(std::move(host));
  return record;
}

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/anatomy/thorax.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/anatomy/detail/arms.hpp"
#include "vitrine/phantoms/anatomy/detail/thorax_lungs.hpp"

namespace vitrine::phantoms {

using detail::ThoraxFrame;

const Schema<Thorax::Params>& Thorax::schema() {
  static const auto s =
      describe_population(
          Schema<Params>("thorax", "Adult chest, supine, arms raised, apices to liver"))
          .optional("chest_width", &Params::chest_width, unit::mm,
                    "outer width at the heart (follows from height, BMI and age)")
          .between(250, 450)
          .optional("depth_ratio", &Params::depth_ratio,
                    "outer depth over outer width (follows from BMI)")
          .between(0.55, 0.85)
          .optional("lung_height", &Params::lung_height, unit::mm,
                    "height of the lungs, apex to base, in deep inspiration (follows from height)")
          .between(160, 320)
          .optional("fat", &Params::fat, unit::mm,
                    "subcutaneous fat (follows from BMI, age and sex)")
          .between(3, 40)
          .optional("heart_scale", &Params::heart_scale,
                    "size of the heart over that of its body's surface")
          .between(0.75, 1.3)
          .optional("lung_density", &Params::lung_density, unit::g_per_cm3,
                    "density of the parenchyma, small vessels included, in "
                    "deep inspiration")
          .between(0.1, 0.5)
          .optional("detail", &Params::detail,
                    "how finely vessels and airways branch: fine means at least 300 vessel_twigs, "
                    "and radii down to 0.5 mm")
          .one_of({"standard", "fine"})
          .optional("vessel_twigs", &Params::vessel_twigs,
                    "ends of the arteries, and of the veins, of a lobe of average size")
          .between(1, 2000)
          .optional("vessel_min_radius", &Params::vessel_min_radius, unit::mm,
                    "radius of the thinnest vessels")
          .between(0.3, 3)
          .optional("vessel_exponent", &Params::vessel_exponent,
                    "gamma of r^gamma conserved at branchings (3: Murray's "
                    "law; less, as the "
                    "branches left out take their share)")
          .between(1.5, 4)
          .optional("airway_min_radius", &Params::airway_min_radius, unit::mm,
                    "radius of the lumen of the thinnest airways")
          .between(0.4, 6)
          .optional("arms", &Params::arms, "where the arms are")
          .one_of({"raised", "at_sides"});
  return s;
}

namespace {

/// Width of the rib cage with what covers it but the fat, mm: it goes with height and little with
/// BMI.
double cage_width(const Person& person) {
  // With its fat 332 mm in the mean man (US Army, 25.4 kg/m^2: 322 +- 25 mm; Gordon et al.,
  // NATICK/TR-89/044).
  const double mean = person.female() ? 293.0 : 306.0;
  return mean * std::sqrt(person.height / (person.female() ? 1617.0 : 1754.0)) *
         math::pow(person.bmi / 28.5, 0.1);
}

}  // namespace

AnatomyRecord Thorax::build(SceneBuilder& scene, Rng rng, const PatientState& state) const {
  ThoraxFrame f;
  AnatomyRecord record;
  const Person person = params_.draw(rng);
  record.sex = person.sex;
  f.female = person.female();
  double fat = std::clamp(drawn_size(params_.fat, person.chest_fat(), 0.15, rng), 3.0, 40.0);
  const double cage = cage_width(person);
  const double free_width = drawn_size(std::nullopt, cage, 0.06, rng) + 2.0 * fat;
  double width = std::clamp(free_width, 250.0, 450.0);
  if (params_.chest_width) {
    width = params_.chest_width->sample(rng);
    if (!params_.fat) fat = fitting_fat(fat, width, cage);
  }
  const double ratio = std::clamp(
      drawn_size(params_.depth_ratio, 0.69 + 0.005 * (person.bmi - 28.5), 0.04, rng), 0.55, 0.85);
  // 225 mm in the mean woman and 245 mm in the mean man; the scatter leaves total lung capacity
  // a tenth about its regression on height (Quanjer et al., Eur Respir J 6 suppl 16 (1993) 5).
  const double height =
      std::clamp(drawn_size(params_.lung_height, 0.1395 * person.height, 0.045, rng), 160.0, 320.0);
  const double density = params_.lung_density.sample(rng);
  f.half_width = 0.5 * width;
  f.half_depth = 0.5 * width * ratio;
  f.fat = std::min(fat, 0.2 * f.half_depth);
  // What is inside scales with what the fat leaves.
  f.x = (f.half_width - f.fat) / (detail::reference::half_width - detail::reference::fat);
  f.y = (f.half_depth - f.fat) / (detail::reference::half_depth - detail::reference::fat);
  f.z = height / detail::reference::lung_height;
  const double heart_scale = params_.heart_scale.sample(rng);
  f.heart = detail::heart_in(f, heart_scale * person.heart_size());
  f.breath = state.inspiration;
  f.systole = state.systole;
  f.apex = f.at(0, 0, 125).z();

  Host lung;
  lung.organ = "lung";
  lung.tissue = {"lung_right", "lung_left", "lung_vessels"};
  lung.inside = {"lung_vessels", "airway_walls", "airways"};
  lung.extent.low = f.at(-130, -85, -100);
  lung.extent.high = f.at(130, 90, 125);
  lung.stretch(2, 2) = f.breath;
  lung.shift = Vec3(0, 0, f.apex * (1.0 - f.breath));
  // A lung of the same tissue and blood holds more air when it is larger.
  lung.background = density / state.inspiration;
  lung.background_material = "lung";
  ThoraxFrame rest = f;
  rest.breath = 1.0;
  lung.lobes = detail::lung_lobes(rest);
  record.parameters = person.parameters();
  record.parameters.insert(record.parameters.end(),
                           {{"chest_width_mm", width},
                            {"chest_depth_mm", width * ratio},
                            {"lung_height_mm", height},
                            {"fat_mm", f.fat},
                            {"heart_scale", heart_scale},
                            {"lung_density_g_per_cm3", density / units::g_per_cm3}});

  if (params_.arms.sample(rng) == "at_sides")
    detail::place_arms(scene, {false, f.half_width, 0.15 * f.half_depth, 140.0 * f.z, 2.0 * f.fat,
                               f.female ? 0.91 : 1.0, -210.0 * f.z, 200.0 * f.z});
  detail::place_wall(scene, f);
  for (const double side : {-1.0, 1.0}) {
    scene.begin_organ(side < 0.0 ? "lung_right" : "lung_left");
    scene.place_union(detail::lung(f, side), "lung", lung.background);
  }
  detail::place_spine_bed(scene, f);
  const bool fine = params_.detail == "fine";
  detail::LungDetail fineness;
  fineness.twigs = std::size_t(std::max<std::int64_t>(params_.vessel_twigs, fine ? 300 : 1));
  fineness.vessel_min_radius = std::min(params_.vessel_min_radius, fine ? 0.5 : 3.0);
  fineness.vessel_exponent = params_.vessel_exponent;
  fineness.airway_min_radius = std::min(params_.airway_min_radius, fine ? 0.5 : 6.0);
  detail::place_lung_trees(scene, detail::grow_lung_trees(f, lung.lobes, fineness, rng));
  detail::place_mediastinum(scene, f);
  detail::place_abdomen(scene, f);
  detail::place_great_vessels(scene, f);
  detail::place_airways(scene, f);
  detail::place_skeleton(scene, f);
  record.hosts.push_back(std::move(lung));
  record.hosts.push_back(detail::mediastinal_nodes(f));
  return record;
}

}  // namespace vitrine::phantoms

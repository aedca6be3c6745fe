#include "vitrine/phantoms/anatomy/abdomen.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"

namespace vitrine::phantoms {

using detail::AbdomenFrame;

const Schema<Abdomen::Params>& Abdomen::schema() {
  static const auto s =
      describe_population(
          Schema<Params>("abdomen", "Adult abdomen, supine, diaphragm to iliac crests"))
          .optional("width", &Params::width, unit::mm, "outer width (follows from height and BMI)")
          .between(250, 500)
          .optional("depth_ratio", &Params::depth_ratio, "outer depth over outer width")
          .between(0.58, 0.85)
          .optional(
              "trunk_height", &Params::trunk_height, unit::mm,
              "from the right dome of the diaphragm to the iliac crests (follows from height)")
          .between(170, 290)
          .optional("fat", &Params::fat, unit::mm,
                    "subcutaneous fat (follows from BMI, age and sex)")
          .between(4, 70)
          .optional("visceral_fat", &Params::visceral_fat,
                    "share of fat rather than bowel between the organs (follows from BMI, age and "
                    "sex)")
          .between(0.1, 0.85)
          .optional("liver_scale", &Params::liver_scale, "mass of the liver over the expected one")
          .between(0.6, 1.5)
          .optional("spleen_scale", &Params::spleen_scale,
                    "mass of the spleen over the expected one")
          .between(0.4, 2)
          .optional("kidney_scale", &Params::kidney_scale,
                    "mass of the kidneys over the expected one")
          .between(0.6, 1.4)
          .optional("pancreas_scale", &Params::pancreas_scale,
                    "mass of the pancreas over the expected one")
          .between(0.6, 1.5)
          .optional("liver_mass", &Params::liver_mass, unit::g,
                    "mass of the liver (expected: from the body's surface)")
          .between(600, 3500)
          .optional("spleen_mass", &Params::spleen_mass, unit::g,
                    "mass of the spleen (expected: from the body's surface)")
          .between(40, 500)
          .optional("kidney_mass", &Params::kidney_mass, unit::g,
                    "mass of both kidneys (expected: from the body's surface and age)")
          .between(120, 600)
          .optional("pancreas_mass", &Params::pancreas_mass, unit::g,
                    "mass of the pancreas (expected: from the body's surface)")
          .between(40, 250)
          .optional("liver_density", &Params::liver_density, unit::g_per_cm3,
                    "density of the liver (1.02 and less: steatosis)")
          .between(0.98, 1.1)
          .optional("vessel_twigs", &Params::vessel_twigs,
                    "ends of each of the five vessel trees of the liver")
          .between(1, 200);
  return s;
}

namespace {

/// What is drawn for one patient, always the same numbers in the same order.
struct Drawn {
  Person person;
  double width, ratio, height, fat, visceral, liver, spleen, kidney, pancreas, density;  // mm, g
};

Drawn draw(const Abdomen::Params& p, Rng& rng) {
  Drawn d;
  d.person = p.draw(rng);
  const Person& person = d.person;
  d.fat = std::clamp(drawn_size(p.fat, person.abdominal_fat(), 0.15, rng), 4.0, 70.0);
  // The trunk's section goes with weight over height (Lindskoug, Br J Radiol 65 (1992) 431). The
  // mean man has 351 mm, of which the reference cavity leaves 25 mm to the fat.
  const double root = std::sqrt(person.bmi * 1e-3 * person.height);
  d.width = std::clamp(drawn_size(p.width, 49.6 * root, 0.03, rng), 250.0, 500.0);
  d.ratio = p.depth_ratio.sample(rng);
  // T10 to L4 are 28 to 37 mm a level (Gilad and Nissan, Spine 11 (1986) 154).
  const double height = (person.female() ? 0.136 : 0.1323) * person.height;
  d.height = std::clamp(drawn_size(p.trunk_height, height, 0.035, rng), 170.0, 290.0);
  const double cavity = 49.6 * root - 2.0 * person.abdominal_fat();
  if (p.width && !p.fat) d.fat = fitting_fat(d.fat, d.width, cavity);
  d.fat = std::min(d.fat, 0.35 * 0.5 * d.width * d.ratio);
  d.visceral = drawn_size(p.visceral_fat, person.visceral_share(), 0.15, rng);
  d.visceral = std::clamp(d.visceral, 0.1, 0.85);
  const auto mass = [&](const Distribution& scale, const std::optional<Distribution>& said,
                        double expected) {
    const double factor = scale.sample(rng);
    return said ? said->sample(rng) : factor * expected;
  };
  d.liver = mass(p.liver_scale, p.liver_mass, person.liver_mass());
  d.spleen = mass(p.spleen_scale, p.spleen_mass, person.spleen_mass());
  d.kidney = mass(p.kidney_scale, p.kidney_mass, person.kidney_mass());
  d.pancreas = mass(p.pancreas_scale, p.pancreas_mass, person.pancreas_mass());
  d.density = p.liver_density.sample(rng);
  return d;
}

AbdomenFrame make_frame(const Drawn& d) {
  namespace reference = detail::abdomen_reference;
  using detail::abdomen_skin;
  AbdomenFrame f;
  f.female = d.person.female();
  f.half_width = 0.5 * d.width;
  f.half_depth = 0.5 * d.width * d.ratio;
  f.fat = d.fat;
  const double inner_x = f.half_width - abdomen_skin - f.fat;
  const double inner_y = f.half_depth - abdomen_skin - f.fat;
  f.x = inner_x / (reference::half_width - abdomen_skin - reference::fat);
  f.z = d.height / reference::height;
  const double reference_y = reference::half_depth - abdomen_skin - reference::fat;
  // Bone grows with the body, but less than fat does; the back's muscles keep the spine's distance.
  f.bone = (f.female ? 0.91 : 1.0) * std::sqrt(std::sqrt(f.x * inner_y / reference_y));
  f.spine = inner_y - (reference_y - reference::spine_y) * f.bone;
  f.y = (inner_y + f.spine) / (reference_y + reference::spine_y);
  f.y0 = f.spine - f.y * reference::spine_y;
  // Length and calibre fill what fat leaves; 0.45 is the reference.
  f.loops = std::sqrt((1.0 - d.visceral) / (1.0 - 0.45));
  f.bowel = f.round() * std::sqrt(f.loops);
  // The reference organs, in a trunk of scale 1, have these masses; measured on a lattice of 2 mm.
  const double trunk = f.x * f.y * f.z;
  f.liver = math::cbrt(d.liver / 1570.0 / trunk);
  f.spleen = math::cbrt(d.spleen / 142.0 / trunk);
  f.kidney = math::cbrt(d.kidney / 301.0 / trunk);
  f.pancreas = math::cbrt(d.pancreas / 115.0 / trunk);
  return f;
}

Host host(const AbdomenFrame& f, std::string organ, std::vector<std::string> tissue,
          std::span<const Solid> solids, std::string material, double density) {
  Host h;
  h.organ = std::move(organ);
  h.tissue = std::move(tissue);
  for (const Solid& solid : solids) h.extent = hull(h.extent, bounds(solid));
  h.extent.low.z() += f.down;  // as in the reference state
  h.extent.high.z() += f.down;
  h.shift = Vec3(0, 0, -f.down);
  h.background = density;
  h.background_material = std::move(material);
  return h;
}

}  // namespace

AnatomyRecord Abdomen::build(SceneBuilder& scene, Rng rng, const PatientState& state) const {
  const Drawn drawn = draw(params_, rng);
  AbdomenFrame f = make_frame(drawn);
  // A lung of 245 mm lengthens by this; liver, spleen, kidneys and pancreas follow (Davies et al.,
  // Br J Radiol 67 (1994) 1096).
  f.down = 245.0 * (state.inspiration - 1.0);
  AnatomyRecord record;
  record.sex = drawn.person.sex;
  record.parameters = drawn.person.parameters();
  record.parameters.insert(record.parameters.end(),
                           {{"width_mm", drawn.width},
                            {"depth_mm", drawn.width * drawn.ratio},
                            {"trunk_height_mm", drawn.height},
                            {"fat_mm", f.fat},
                            {"visceral_fat", drawn.visceral},
                            {"liver_mass_g", drawn.liver},
                            {"spleen_mass_g", drawn.spleen},
                            {"kidney_mass_g", drawn.kidney},
                            {"pancreas_mass_g", drawn.pancreas},
                            {"liver_density_g_per_cm3", drawn.density / units::g_per_cm3}});

  detail::place_abdominal_wall(scene, f);
  detail::place_back(scene, f);
  detail::place_stomach(scene, f);
  detail::place_liver(scene, f, drawn.density);
  detail::place_liver_vessels(scene, f, std::size_t(params_.vessel_twigs), rng);
  detail::place_bowel(scene, f, rng);
  detail::place_retroperitoneum(scene, f);
  detail::place_abdominal_vessels(scene, f);
  detail::place_abdominal_skeleton(scene, f);

  const auto own = [](std::string_view name) { return material(name).density; };
  const std::vector<Solid> kidneys{detail::kidney_solid(f, -1.0), detail::kidney_solid(f, 1.0)};
  record.hosts = {
      host(f, "liver", {"liver", "liver_vessels"}, detail::liver_solids(f), "liver", drawn.density),
      host(f, "kidney", {"kidney_cortex", "kidney_medulla"}, kidneys, "kidney", own("kidney")),
      host(f, "spleen", {"spleen"}, detail::spleen_solids(f), "spleen", own("spleen")),
      host(f, "pancreas", {"pancreas"}, detail::pancreas_solids(f), "pancreas", own("pancreas"))};
  return record;
}

}  // namespace vitrine::phantoms

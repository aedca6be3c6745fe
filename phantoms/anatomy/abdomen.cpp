#include "vitrine/phantoms/anatomy/abdomen.hpp"

#include <algorithm>
#include <cmath>

#include "vitrine/core/math.hpp"
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/anatomy/detail/abdomen_frame.hpp"
#include "vitrine/phantoms/anatomy/detail/arms.hpp"

namespace vitrine::phantoms {

using detail::AbdomenFrame;

const Schema<Abdomen::Params>& Abdomen::schema() {
  static const auto s = describe_abdomen(describe_population(
      Schema<Params>("abdomen", "Adult abdomen, supine, diaphragm to iliac crests")));
  return s;
}

namespace detail {

AbdomenDraw draw_abdomen(const Abdomen::Params& p, Rng& rng) {
  AbdomenDraw d;
  d.person = p.draw(rng);
  const Person& person = d.person;
  d.fat = std::clamp(drawn_size(p.fat, person.abdominal_fat(), 0.15, rng), 4.0, 70.0);
  // The trunk's section goes with weight over height (Lindskoug, Br J Radiol 65 (1992) 431). The
  // mean man has 351 mm, of which the reference cavity leaves 25 mm to the fat.
  const double root = std::sqrt(person.bmi * 1e-3 * person.height);
  d.width = std::clamp(drawn_size(p.width, 49.6 * root, 0.03, rng), 250.0, 500.0);
  // Depth over width of patients of 30 and 40 cm: 0.68 and 0.74 (AAPM Report 204 (2011), table 1).
  d.ratio = std::clamp(drawn_size(p.depth_ratio, 0.70 + 0.007 * (person.bmi - 28.5), 0.045, rng),
                       0.58, 0.85);
  // T10 to L4 are 28 to 37 mm a level (lumbar: Gilad and Nissan, Spine 11 (1986) 154).
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
  d.arms = p.arms.sample(rng);
  return d;
}

AbdomenFrame make_frame(const AbdomenDraw& d) {
  namespace reference = abdomen_reference;
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

namespace {

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

std::vector<std::pair<std::string, double>> parameters_of(const AbdomenDraw& drawn,
                                                          const AbdomenFrame& f) {
  auto all = drawn.person.parameters();
  all.insert(all.end(), {{"width_mm", drawn.width},
                         {"depth_mm", drawn.width * drawn.ratio},
                         {"trunk_height_mm", drawn.height},
                         {"fat_mm", f.fat},
                         {"visceral_fat", drawn.visceral},
                         {"liver_mass_g", drawn.liver},
                         {"spleen_mass_g", drawn.spleen},
                         {"kidney_mass_g", drawn.kidney},
                         {"pancreas_mass_g", drawn.pancreas},
                         {"liver_density_g_per_cm3", drawn.density / units::g_per_cm3}});
  return all;
}

std::vector<Host> abdominal_hosts(const AbdomenDraw& drawn, const AbdomenFrame& f) {
  const auto own = [](std::string_view name) { return material(name).density; };
  const std::vector<Solid> kidneys{kidney_solid(f, -1.0), kidney_solid(f, 1.0)};
  Host liver =
      host(f, "liver", {"liver", "liver_vessels"}, liver_solids(f), "liver", drawn.density);
  liver.inside = {"liver_vessels"};
  return {std::move(liver),
          host(f, "kidney", {"kidney_cortex", "kidney_medulla"}, kidneys, "kidney", own("kidney")),
          host(f, "spleen", {"spleen"}, spleen_solids(f), "spleen", own("spleen")),
          host(f, "pancreas", {"pancreas"}, pancreas_solids(f), "pancreas", own("pancreas"))};
}

}  // namespace detail

AnatomyRecord Abdomen::build(SceneBuilder& scene, Rng rng, const PatientState& state) const {
  const detail::AbdomenDraw drawn = detail::draw_abdomen(params_, rng);
  AbdomenFrame f = detail::make_frame(drawn);
  // A lung of 245 mm lengthens by this; liver, spleen, kidneys and pancreas follow (Davies et al.,
  // Br J Radiol 67 (1994) 1096).
  f.down = 245.0 * (state.inspiration - 1.0);
  AnatomyRecord record;
  record.sex = drawn.person.sex;
  record.parameters = detail::parameters_of(drawn, f);

  if (drawn.arms == "at_sides") {
    // The shoulder over the disc of L1: as in the torso, 345 mm in the mean man.
    const double shoulder = 0.195 * drawn.person.height;
    detail::place_arms(scene, {false, f.half_width, 0.15 * f.half_depth, shoulder, f.fat, f.bone,
                               f.bottom(), f.top()});
  }
  detail::place_abdominal_wall(scene, f);
  detail::place_back(scene, f);
  detail::place_stomach(scene, f);
  detail::place_liver(scene, f, drawn.density);
  detail::place_liver_vessels(scene, f, std::size_t(params_.vessel_twigs), rng);
  detail::place_bowel(scene, f, rng);
  detail::place_retroperitoneum(scene, f);
  detail::place_abdominal_vessels(scene, f);
  detail::place_abdominal_skeleton(scene, f);

  record.hosts = detail::abdominal_hosts(drawn, f);
  return record;
}

}  // namespace vitrine::phantoms

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
      Schema<Params>("abdomen", "Adult abdomen, supine, diaphragm to iliac crests")
          .optional("sex", &Params::sex, "sex of the patient, or a choice")
          .one_of({"female", "male"})
          .optional("width", &Params::width, unit::mm, "outer width")
          .between(260, 450)
          .optional("depth_ratio", &Params::depth_ratio, "outer depth over outer width")
          .between(0.58, 0.85)
          .optional("height_female", &Params::height_female, unit::mm,
                    "from the right dome of a woman's diaphragm to the iliac crests")
          .between(180, 280)
          .optional("height_male", &Params::height_male, unit::mm,
                    "from the right dome of a man's diaphragm to the iliac crests")
          .between(180, 280)
          .optional("fat_female", &Params::fat_female, unit::mm, "subcutaneous fat of women")
          .between(4, 60)
          .optional("fat_male", &Params::fat_male, unit::mm, "subcutaneous fat of men")
          .between(4, 60)
          .optional("visceral_fat", &Params::visceral_fat,
                    "share of fat rather than bowel between the organs")
          .between(0.1, 0.85)
          .optional("liver_scale", &Params::liver_scale, "mass of the liver over the usual one")
          .between(0.6, 1.5)
          .optional("spleen_scale", &Params::spleen_scale, "mass of the spleen over the usual one")
          .between(0.4, 2)
          .optional("kidney_scale", &Params::kidney_scale, "mass of the kidneys over the usual one")
          .between(0.6, 1.4)
          .optional("pancreas_scale", &Params::pancreas_scale,
                    "mass of the pancreas over the usual one")
          .between(0.6, 1.5)
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
  std::string sex;
  double width, ratio, height, fat, visceral, liver, spleen, kidney, pancreas, density;
};

Drawn draw(const Abdomen::Params& p, Rng& rng) {
  Drawn d;
  d.sex = p.sex.sample(rng);
  const bool female = d.sex == "female";
  d.width = p.width.sample(rng);
  d.ratio = p.depth_ratio.sample(rng);
  const double height_female = p.height_female.sample(rng), height_male = p.height_male.sample(rng);
  d.height = female ? height_female : height_male;
  const double fat_female = p.fat_female.sample(rng), fat_male = p.fat_male.sample(rng);
  d.fat = std::min(female ? fat_female : fat_male, 0.25 * d.width * d.ratio * 0.5 + 10.0);
  d.visceral = p.visceral_fat.sample(rng);
  d.liver = p.liver_scale.sample(rng);
  d.spleen = p.spleen_scale.sample(rng);
  d.kidney = p.kidney_scale.sample(rng);
  d.pancreas = p.pancreas_scale.sample(rng);
  d.density = p.liver_density.sample(rng);
  return d;
}

AbdomenFrame make_frame(const Drawn& d) {
  namespace reference = detail::abdomen_reference;
  using detail::abdomen_skin;
  AbdomenFrame f;
  f.female = d.sex == "female";
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
  // Radii that fill what fat leaves; 0.45 is the reference.
  f.bowel = f.round() * std::sqrt((1.0 - d.visceral) / (1.0 - 0.45));
  // Organs follow the trunk's volume with this power (liver mass against weight: Vauthey et al.,
  // Liver Transpl 8 (2002) 233), about the mean body of the sex.
  constexpr double follow = 0.6, mean_female = 0.886;
  const double trunk = f.x * f.y * f.z, mean = f.female ? mean_female : 1.0;
  const double body = math::pow(trunk / mean, follow) / trunk;
  // ICRP 89: a woman's masses over a man's.
  const auto linear = [&](double scale, double women) {
    return math::cbrt(scale * body * (f.female ? women : 1.0));
  };
  f.liver = linear(d.liver, 1400.0 / 1800.0);
  f.spleen = linear(d.spleen, 130.0 / 150.0);
  f.kidney = linear(d.kidney, 275.0 / 310.0);
  f.pancreas = linear(d.pancreas, 120.0 / 140.0);
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
  record.sex = drawn.sex;
  record.parameters = {{"width_mm", drawn.width},
                       {"depth_mm", drawn.width * drawn.ratio},
                       {"height_mm", drawn.height},
                       {"fat_mm", f.fat},
                       {"visceral_fat", drawn.visceral},
                       {"liver_scale", drawn.liver},
                       {"spleen_scale", drawn.spleen},
                       {"kidney_scale", drawn.kidney},
                       {"pancreas_scale", drawn.pancreas},
                       {"liver_density_g_per_cm3", drawn.density / units::g_per_cm3}};

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

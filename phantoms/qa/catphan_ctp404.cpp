#include "vitrine/phantoms/qa/catphan_ctp404.hpp"

#include "vitrine/core/math.hpp"
#include "vitrine/phantoms/qa/detail/catphan.hpp"

namespace vitrine::phantoms {

using detail::Assembly;
using detail::polar;
using detail::rod;

const Schema<CatphanCtp404::Params>& CatphanCtp404::schema() {
  static const auto s =
      Schema<Params>("catphan_ctp404", "Module like the Catphan's CTP404: plastics and wire ramps")
          .optional("water_vial", &Params::water_vial,
                    "water in the hole at the bottom of the image (false: a second one of air)")
          .optional("wire_ramps", &Params::wire_ramps, "the four wires that rise by 23 degrees");
  return s;
}

namespace {

// Catphan manual, The Phantom Laboratory: module CTP404.
constexpr double depth = 25.0, insert_distance = 58.7, insert_radius = 6.1;
constexpr double mark_distance = 25.0, mark_radius = 1.5, ball_distance = 15.0, ramp_angle = 23.0;
// Of the wires only the angle is published.
constexpr double wire_radius = 0.125, ramp_distance = 38.0;

void place_inserts(Assembly& phantom, bool water_vial) {
  struct Insert {
    const char *name, *material;
    double degrees, density;  // g/cm^3, as the manual lists them; 0: the material's own
  };
  const Insert inserts[] = {
      {"insert_air", "air", 270.0, 0.0},
      {"insert_pmp", "polymethylpentene", 240.0, 0.83},
      {"insert_ldpe", "ldpe", 180.0, 0.92},
      {"insert_polystyrene", "polystyrene", 120.0, 1.03},
      {"insert_acrylic", "pmma", 60.0, 1.18},
      {"insert_delrin", "polyoxymethylene", 0.0, 1.42},
      {"insert_ptfe", "ptfe", 300.0, 2.16},
      {water_vial ? "insert_water" : "insert_air", water_vial ? "water" : "air", 90.0, 0.0},
  };
  for (const Insert& i : inserts)
    phantom.place(
        i.name,
        rod(polar(insert_distance, i.degrees, 0.0), insert_radius, -0.5 * depth, 0.5 * depth),
        i.material, i.density > 0.0 ? i.density * units::g_per_cm3 : detail::own_density);
}

/// Four holes 50 mm apart, one of them with a pin, and five balls about the middle.
void place_marks(Assembly& phantom) {
  for (int i = 0; i < 4; ++i) {
    const Vec3 at((i & 1 ? 1.0 : -1.0) * mark_distance, (i & 2 ? 1.0 : -1.0) * mark_distance, 0.0);
    phantom.place(i == 0 ? "mark_pin" : "mark_hole",
                  rod(at, mark_radius, -0.5 * depth, 0.5 * depth), i == 0 ? "ptfe" : "air");
  }
  for (int i = 0; i < 5; ++i)
    phantom.place(str("ball_", 2 * (i + 1), "mm"),
                  ellipsoid(polar(ball_distance, 72.0 * i - 90.0, 0.0), Vec3::Constant(i + 1.0)),
                  "pmma", 1.18 * units::g_per_cm3);
}

void place_ramps(Assembly& phantom) {
  const double rise = ramp_angle * units::deg;
  const double slope = math::sin(rise) / math::cos(rise);
  for (int side = 0; side < 4; ++side) {
    const Vec3 middle = polar(ramp_distance, 90.0 * side, 0.0);
    const Vec3 along = polar(1.0, 90.0 * side + 90.0, slope).normalized();
    // From the base to the top of the module, flat ends inside it.
    const double half = (0.5 * depth - wire_radius) / along.z();
    phantom.place("wire_ramp", cylinder(middle, Vec3(wire_radius, wire_radius, half), frame(along)),
                  "stainless_steel");
  }
}

}  // namespace

AnatomyRecord CatphanCtp404::build(SceneBuilder& scene, Rng, const PatientState&) const {
  Assembly phantom(scene);
  detail::place_catphan_body(phantom, depth);
  place_inserts(phantom, params_.water_vial);
  place_marks(phantom);
  if (params_.wire_ramps) place_ramps(phantom);
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

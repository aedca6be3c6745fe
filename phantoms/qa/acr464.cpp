#include "vitrine/phantoms/qa/acr464.hpp"

#include <cmath>

#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms {

using detail::Assembly;
using detail::polar;
using detail::rod;

const Schema<Acr464::Params>& Acr464::schema() {
  static const auto s =
      Schema<Params>("acr464", "Four modules like the ACR accreditation phantom (Gammex 464)")
          .optional("at_origin", &Params::at_origin, "what lies at z = 0")
          .one_of({"middle", "ct_numbers", "low_contrast", "uniformity", "resolution"});
  return s;
}

namespace {

// ACR CT accreditation phantom testing instructions: sizes of the phantom and of what it holds.
constexpr double radius = 100.0, depth = 40.0;
constexpr double insert_distance = 63.0, insert_radius = 12.5, water_radius = 25.0;

/// Water-equivalent resin of the attenuation of water at 70 keV, in multiples of it.
double resin(double hu) { return 1.0219 * units::g_per_cm3 * (1.0 + hu / 1000.0); }

/// CT numbers, alignment, and the wires that show how thick a slice is.
void place_ct_numbers(Assembly& phantom, double low) {
  const double high = low + depth, middle = 0.5 * (low + high);
  const auto insert = [&](const char* name, double degrees, double r, const char* material,
                          double density) {
    phantom.place(name, rod(polar(insert_distance, degrees, 0.0), r, low, high), material, density);
  };
  insert("insert_air", 45.0, insert_radius, "air", detail::own_density);
  insert("insert_acrylic", 135.0, insert_radius, "pmma", 1.18 * units::g_per_cm3);
  insert("insert_polyethylene", 225.0, insert_radius, "polyethylene", detail::own_density);
  insert("insert_bone", 315.0, insert_radius, "bone_equivalent", 1.54 * units::g_per_cm3);
  insert("insert_water", 180.0, water_radius, "water", detail::own_density);
  // Two ramps of wires across the slice, one every 0.5 mm of z; their layout in the plane is ours.
  for (const double side : {-1.0, 1.0})
    for (int i = -20; i <= 20; ++i)
      phantom.place("wire_ramp",
                    detail::plate(Vec3(1.2 * side * i, 62.0 * side, middle + 0.5 * i),
                                  Vec3(0.25, 3.0, 0.25), 0.0),
                    "aluminium");
}

/// Four rods of each diameter a diameter apart, and a large one, 6 HU above a background of 90 HU.
void place_low_contrast(Assembly& phantom, double low) {
  const double high = low + depth, distance = 60.0;
  phantom.place("background_low_contrast", rod(Vec3::Zero(), radius, low, high), "solid_water",
                resin(90.0));
  phantom.place("insert_low_contrast_25mm", rod(polar(distance, 270.0, 0.0), 12.5, low, high),
                "solid_water", resin(96.0));
  for (int group = 0; group < 5; ++group) {  // the order of the groups is ours
    const double diameter = 6.0 - group, degrees = 330.0 + 60.0 * group;
    const Vec3 along = polar(1.0, degrees + 90.0, 0.0);
    for (int i = 0; i < 4; ++i)
      phantom.place(str("insert_low_contrast_", int(diameter), "mm"),
                    rod(polar(distance, degrees, 0.0) + (2.0 * i - 3.0) * diameter * along,
                        0.5 * diameter, low, high),
                    "solid_water", resin(96.0));
  }
}

/// Two beads 100 mm apart in an otherwise uniform module.
void place_uniformity(Assembly& phantom, double low) {
  for (const double side : {-1.0, 1.0})
    phantom.place("bead_distance",
                  ellipsoid(Vec3(0, 50.0 * side, low + 0.5 * depth), Vec3::Constant(0.14)),
                  "stainless_steel");
}

/// Eight patterns of aluminium bars in squares of 15 mm, 38 mm deep.
void place_resolution(Assembly& phantom, double low) {
  constexpr double pairs_per_mm[] = {0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2};
  constexpr double square = 15.0, bar_depth = 38.0, distance = 70.0;
  for (int i = 0; i < 8; ++i) {
    const double pairs = pairs_per_mm[i], width = 0.5 / pairs;
    const double degrees = 225.0 - 45.0 * i;  // from upper left anticlockwise
    const auto bars =
        detail::bar_pattern(polar(distance, degrees, low + 0.5 * depth), 0.0,
                            int(std::floor(square * pairs + 1e-9)), width, square, bar_depth);
    for (const Solid& bar : bars)
      phantom.place(str("bars_", std::lround(10.0 * pairs), "_lp_per_cm"), bar, "aluminium");
  }
}

/// Steel balls of 1 mm at the four sides of the first and the last module.
void place_markers(Assembly& phantom, double low) {
  for (int side = 0; side < 4; ++side)
    phantom.place("marker",
                  ellipsoid(polar(99.0, 90.0 * side, low + 0.5 * depth), Vec3::Constant(0.5)),
                  "stainless_steel");
}

}  // namespace

AnatomyRecord Acr464::build(SceneBuilder& scene, Rng, const PatientState&) const {
  const std::string& which = params_.at_origin;
  const double module = which == "ct_numbers"     ? 0.5
                        : which == "low_contrast" ? 1.5
                        : which == "uniformity"   ? 2.5
                        : which == "resolution"   ? 3.5
                                                  : 2.0;
  const double low = -module * depth;
  Assembly phantom(scene);
  phantom.place("body", rod(Vec3::Zero(), radius, low, low + 4.0 * depth), "solid_water",
                resin(0.0));
  place_ct_numbers(phantom, low);
  place_low_contrast(phantom, low + depth);
  place_uniformity(phantom, low + 2.0 * depth);
  place_resolution(phantom, low + 3.0 * depth);
  place_markers(phantom, low);
  place_markers(phantom, low + 3.0 * depth);
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

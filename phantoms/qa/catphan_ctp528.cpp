#include "vitrine/phantoms/qa/catphan_ctp528.hpp"

#include "vitrine/phantoms/qa/detail/catphan.hpp"

namespace vitrine::phantoms {

const Schema<CatphanCtp528::Params>& CatphanCtp528::schema() {
  static const auto s =
      Schema<Params>("catphan_ctp528",
                     "Module like the Catphan's CTP528: 1 to 21 line pairs per cm")
          .optional("beads", &Params::beads, "the two beads of tungsten carbide");
  return s;
}

namespace {

// Catphan manual, The Phantom Laboratory: module CTP528. A gauge of 2 mm aluminium.
constexpr double depth = 40.0, gauge_depth = 2.0, bead_radius = 0.14;
constexpr int most_pairs = 21;
// Seen on images of it; the length of the bars and the gaps between the patterns are ours.
constexpr double gauge_distance = 47.0, bar_length = 8.0;
constexpr int bars_of(int pairs) { return pairs < 3 ? pairs + 1 : pairs < 6 ? 4 : 5; }

constexpr double width_of(int pairs) { return 5.0 / pairs; }  // mm: half a line pair
constexpr double span_of(int pairs) { return (2 * bars_of(pairs) - 1) * width_of(pairs); }

}  // namespace

AnatomyRecord CatphanCtp528::build(SceneBuilder& scene, Rng, const PatientState&) const {
  detail::Assembly phantom(scene);
  detail::place_catphan_body(phantom, depth);
  // Patterns follow each other around the circle, with equal gaps.
  double spans = 0.0;
  for (int pairs = 1; pairs <= most_pairs; ++pairs) spans += span_of(pairs);
  const double per_mm = 1.0 / (gauge_distance * units::deg);  // degrees on the circle
  const double gap = 360.0 / most_pairs - spans * per_mm / most_pairs;
  double degrees = 180.0;
  for (int pairs = 1; pairs <= most_pairs; ++pairs) {
    const double half = 0.5 * (span_of(pairs) * per_mm + gap);
    degrees -= half;
    const Vec3 centre = detail::polar(gauge_distance, degrees, 0.0);
    const auto bars = detail::bar_pattern(centre, degrees + 90.0, bars_of(pairs), width_of(pairs),
                                          bar_length, gauge_depth);
    for (const Solid& bar : bars)
      phantom.place(str("bars_", pairs, "_lp_per_cm"), bar, "aluminium");
    degrees -= half;
  }
  if (params_.beads) {
    const Vec3 ball = Vec3::Constant(bead_radius);
    phantom.place("bead", ellipsoid(Vec3(0, -20.0, 2.5), ball), "tungsten_carbide");
    phantom.place("bead", ellipsoid(Vec3(0, 20.0, 10.0), ball), "tungsten_carbide");
  }
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/qa/shepp_logan.hpp"

#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms {

const Schema<SheppLogan::Params>& SheppLogan::schema() {
  static const auto s =
      Schema<Params>("shepp_logan", "Three-dimensional head phantom of Shepp and Logan")
          .optional("half_width", &Params::half_width, unit::mm,
                    "half the edge of the cube that the table fills (its length 1)")
          .between(10, 250);
  return s;
}

namespace {

struct Part {
  Vec3 half_axes, centre;
  double degrees, density;
};

/// After Kak and Slaney, Principles of Computerized Tomographic Imaging (1988), table 3.2, with
/// their y and z exchanged and the angle about z.
const Part parts[] = {
    {{0.69, 0.90, 0.92}, {0, 0, 0}, 0, 2.0},
    {{0.6624, 0.880, 0.874}, {0, 0, 0}, 0, -0.98},
    {{0.41, 0.21, 0.16}, {-0.22, -0.25, 0}, 108, -0.02},
    {{0.31, 0.22, 0.11}, {0.22, -0.25, 0}, 72, -0.02},
    {{0.21, 0.50, 0.25}, {0, -0.25, 0.35}, 0, 0.02},
    {{0.046, 0.046, 0.046}, {0, -0.25, 0.10}, 0, 0.02},
    {{0.046, 0.02, 0.023}, {-0.08, -0.25, -0.65}, 0, 0.01},
    {{0.046, 0.02, 0.023}, {0.06, -0.25, -0.65}, 90, 0.01},
    {{0.056, 0.1, 0.04}, {0.06, 0.625, -0.105}, 90, 0.02},
    {{0.056, 0.1, 0.056}, {0, 0.625, 0.1}, 0, -0.02},
};

}  // namespace

AnatomyRecord SheppLogan::build(SceneBuilder& scene, Rng, const PatientState&) const {
  const double unit_length = params_.half_width;
  const double water = material("water").density;
  AnatomyRecord record;
  record.parameters.emplace_back("half_width_mm", unit_length);
  double sum = 0.0;
  for (std::size_t i = 0; i < std::size(parts); ++i) {
    const Part& part = parts[i];
    const Solid solid = ellipsoid(unit_length * part.centre, unit_length * part.half_axes,
                                  detail::plate(Vec3::Zero(), Vec3::Ones(), part.degrees).axes);
    // The first two hold all others: replacing is adding there, and gives them names.
    sum += part.density;
    if (i < 2) {
      scene.begin_organ(i == 0 ? "skull" : "brain");
      scene.place(solid, "water", sum * water);
    } else {
      scene.add_union({{solid}}, "water", part.density * water);
    }
  }
  return record;
}

}  // namespace vitrine::phantoms

#include "vitrine/phantoms/qa/ctdi.hpp"

#include <algorithm>

#include "vitrine/phantoms/qa/detail/parts.hpp"

namespace vitrine::phantoms {

const Schema<Ctdi::Params>& Ctdi::schema() {
  static const auto s =
      Schema<Params>("ctdi", "PMMA cylinder of 160 or 320 mm with five holes of 13.1 mm")
          .optional("size", &Params::size, "head: 160 mm, body: 320 mm")
          .one_of({"head", "body"})
          .optional("length", &Params::length, unit::mm, "length of the cylinder")
          .between(20, 600)
          .optional("open", &Params::open, "holes that hold air; the others hold rods of PMMA")
          .one_of({"centre", "anterior", "left", "posterior", "right"});
  return s;
}

AnatomyRecord Ctdi::build(SceneBuilder& scene, Rng, const PatientState&) const {
  // IEC 60601-2-44, 203.108: 13 to 13.1 mm, their middles 10 mm below the surface.
  constexpr double hole_radius = 6.55, below_surface = 10.0;
  const double radius = params_.size == "head" ? 80.0 : 160.0, half = 0.5 * params_.length;
  detail::Assembly phantom(scene);
  phantom.note("diameter_mm", 2.0 * radius);
  phantom.place("body", detail::rod(Vec3::Zero(), radius, -half, half), "pmma");
  const double at = radius - below_surface;
  const struct {
    const char* name;
    Vec3 axis;
  } holes[] = {{"centre", {0, 0, 0}},
               {"anterior", {0, -at, 0}},
               {"left", {at, 0, 0}},
               {"posterior", {0, at, 0}},
               {"right", {-at, 0, 0}}};
  for (const auto& hole : holes) {
    const auto& open = params_.open;
    const bool air = std::find(open.begin(), open.end(), hole.name) != open.end();
    phantom.place(str(air ? "hole_" : "rod_", hole.name),
                  detail::rod(hole.axis, hole_radius, -half, half), air ? "air" : "pmma");
  }
  return std::move(phantom).record();
}

}  // namespace vitrine::phantoms

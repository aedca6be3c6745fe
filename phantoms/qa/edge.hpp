#pragma once
#include "vitrine/core/units.hpp"
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// Half a cylinder of one material in a cylinder of another: a flat edge, slanted if asked.
class Edge final : public Anatomy {
 public:
  struct Params {
    std::string material = "pmma", surroundings = "water";
    double diameter = 100.0, container_diameter = 200.0, length = 60.0;
    double slant = 3.0 * units::deg;
    double tilt = 0.0;
  };
  static const Schema<Params>& schema();

  explicit Edge(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

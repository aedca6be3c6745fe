#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// A thin wire along z, or a bead, in a cylinder: for point spread and slice sensitivity.
class Wire final : public Anatomy {
 public:
  struct Params {
    std::string shape = "wire", material = "stainless_steel", surroundings = "water";
    double diameter = 0.2, length = 60.0;
    double offset = 20.0, tilt = 0.0;
    double container_diameter = 100.0;
  };
  static const Schema<Params>& schema();

  explicit Wire(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

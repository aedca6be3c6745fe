#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// A cylinder of water along z about the origin, with or without a vessel of PMMA.
class WaterCylinder final : public Anatomy {
 public:
  struct Params {
    Distribution diameter{200.0};
    double length = 200.0;
    double wall = 0.0;
  };
  static const Schema<Params>& schema();

  explicit WaterCylinder(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// Discs across the axis: what a cone beam measures worst.
class Defrise final : public Anatomy {
 public:
  struct Params {
    std::int64_t discs = 7;
    double diameter = 160.0, thickness = 10.0, pitch = 20.0;
    std::string material = "pmma", filling = "none";
  };
  static const Schema<Params>& schema();

  explicit Defrise(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

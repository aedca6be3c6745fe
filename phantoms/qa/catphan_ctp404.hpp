#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// A module laid out like the Catphan's CTP404: plastics of known density, wire ramps, and marks
/// 50 mm apart.
class CatphanCtp404 final : public Anatomy {
 public:
  struct Params {
    bool water_vial = true;
    bool wire_ramps = true;
  };
  static const Schema<Params>& schema();

  explicit CatphanCtp404(Params params) : params_(params) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// A module laid out like the Catphan's CTP528: line pairs from 1 to 21 per cm, and two beads.
class CatphanCtp528 final : public Anatomy {
 public:
  struct Params {
    bool beads = true;
  };
  static const Schema<Params>& schema();

  explicit CatphanCtp528(Params params) : params_(params) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

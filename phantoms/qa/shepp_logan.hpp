#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// The three-dimensional head of Shepp and Logan: ten ellipsoids whose densities add up.
///
/// The table's density 1 is water of 1 g/cm^3: its 2 is 1000 HU, its 1.02 is 20 HU. Where the table
/// says nothing there is vacuum, so that line integrals are those of the table.
class SheppLogan final : public Anatomy {
 public:
  struct Params {
    double half_width = 100.0;
  };
  static const Schema<Params>& schema();

  explicit SheppLogan(Params params) : params_(params) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

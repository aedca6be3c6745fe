#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// Ten blocks of different texture in a row along z, like the credence cartridge radiomics phantom
/// (Mackin et al., Invest Radiol 50 (2015) 757).
class TextureCartridges final : public Anatomy {
 public:
  struct Params {
    std::vector<std::string> cartridges{"abs_20", "abs_30",     "abs_40", "abs_50",  "sycamore",
                                        "cork",   "dense_cork", "rubber", "acrylic", "plaster"};
    double region_diameter = 0.0, region_length = 16.0;  ///< mm; no regions where it is 0
  };
  static const Schema<Params>& schema();

  explicit TextureCartridges(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

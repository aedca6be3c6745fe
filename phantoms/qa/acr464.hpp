#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// A phantom laid out like the ACR CT accreditation phantom (Gammex 464): four modules of 40 mm,
/// 200 mm wide, from the feet (module 1) to the head (module 4).
class Acr464 final : public Anatomy {
 public:
  struct Params {
    std::string at_origin = "ct_numbers";
  };
  static const Schema<Params>& schema();

  explicit Acr464(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

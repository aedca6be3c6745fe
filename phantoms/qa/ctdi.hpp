#pragma once
#include "vitrine/phantoms/anatomy.hpp"

namespace vitrine::phantoms {

/// The cylinder of PMMA that CTDI is measured in, with five holes for a chamber.
class Ctdi final : public Anatomy {
 public:
  struct Params {
    std::string size = "body";
    double length = 150.0;
    std::vector<std::string> open;
  };
  static const Schema<Params>& schema();

  explicit Ctdi(Params params) : params_(std::move(params)) {}
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

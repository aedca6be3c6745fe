#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "vitrine/phantoms/anatomy.hpp"
#include "vitrine/phantoms/import/scene_solid.hpp"

namespace vitrine::phantoms {

/// One solid of a scene and what it is made of.
struct SceneObject {
  std::string name;
  Pick<SceneSolid> solid;
  LocatedText material;
  std::optional<double> density;  ///< g/mm^3; that of the material where it is not given
  std::string host;               ///< what lesions call it
  static const Schema<SceneObject>& schema();
};

/// Solids one after the other, each replacing what was there: the order of FORBILD phantoms.
class AnalyticScene : public Anatomy {
 public:
  struct Params {
    std::vector<SceneObject> objects;
    std::string sex;
  };
  static const Schema<Params>& schema();
  explicit AnalyticScene(Params params) : params_(std::move(params)) {}

  /// Names no file: only checks the materials.
  std::shared_ptr<const Anatomy> supplied(Resources& files) const override;
  AnatomyRecord build(SceneBuilder& scene, Rng rng, const PatientState& state) const override;
  bool test_phantom() const override { return true; }

 private:
  Params params_;
};

}  // namespace vitrine::phantoms

#pragma once
#include "vitrine/core/catalogue.hpp"
#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// A half space: what is kept is normal . p <= offset, mm in the scene's coordinates.
struct Cut {
  std::array<double, 3> normal{0.0, 0.0, 1.0};  ///< of any length
  double offset = 0.0;                          ///< mm along the normal from the origin
  static const Schema<Cut>& schema();
};

/// A convex solid as a scenario describes it.
class SceneSolid {
 public:
  virtual ~SceneSolid() = default;
  virtual Solid solid() const = 0;
};

const Catalogue<SceneSolid>& scene_solids();
const Catalogue<SceneSolid>& catalogue_for(const SceneSolid*);

}  // namespace vitrine::phantoms

#pragma once
#include <string>
#include <vector>

#include "vitrine/phantoms/lesion_composition.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"
#include "vitrine/phantoms/scene_builder.hpp"

namespace vitrine::phantoms {

/// One lesion, ready to be put into a scene.
struct LesionPlan {
  std::string id, organ, lobe, shape, composition;
  std::vector<Layer> layers;   ///< about the centre; the first is the lesion's outline
  Vec3 centre = Vec3::Zero();  ///< mm
  double margin = 0.0;         ///< mm over which the density falls at the edge
  std::string host_material;
  double host_density = 0.0;  ///< g/mm^3
  double host_iodine = 0.0;   ///< contrast medium in it, g/mm^3
  const LesionTexture* texture = nullptr;
  double heterogeneity = 0.0;  ///< of the texture: standard deviation, HU at 70 keV
  Rng texture_rng;
};

/// How far the outermost shell of a soft margin lies outside the nominal outline, mm.
double margin_reach(double margin);

/// Put the lesion into the scene: solids replace what was there, a star surface, and any lesion
/// among imported voxels, becomes a patch that is the difference to it. Adds the lesion's truth.
void paint(SceneBuilder& scene, const LesionPlan& lesion);

}  // namespace vitrine::phantoms

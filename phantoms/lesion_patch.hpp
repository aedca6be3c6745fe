#pragma once
#include <vector>

#include "vitrine/phantoms/lesion_composition.hpp"
#include "vitrine/phantoms/lesion_texture.hpp"
#include "vitrine/phantoms/scene_builder.hpp"

namespace vitrine::phantoms {

/// A lesion on voxels.
struct LesionPatch {
  Patch difference;                  ///< what the lesion adds to what was there
  ShareMap body;                     ///< share of its first layer's region
  std::vector<double> part_volumes;  ///< mm^3 of each layer, less the layers inside it
};

/// The lesion about `centre` as the difference to what the builder holds there: its densities
/// times each voxel's share, less what was there times the same share.
///
/// Voxels are 1/40 of the diameter, at most 0.25 mm (more if the lesion is wider than 45 mm).
/// `edge` holds the outlines, in equal steps of density, that stand for the first layer's.
LesionPatch lesion_patch(SceneBuilder& scene, const std::vector<Layer>& layers,
                         const std::vector<Outline>& edge, const Vec3& centre, double host_density);

/// The heterogeneity of a lesion as a patch of zero mean in each layer, of a standard deviation in
/// HU at 70 keV.
///
/// A voxel carries texture only if all points that it is interpolated to lie in one layer that is
/// not air: texture fades over the outermost voxel and never leaves the layer by more than the
/// sampling of `ShareMaker` sees.
Patch texture_patch(SceneBuilder& scene, const std::vector<Layer>& layers, const Vec3& centre,
                    const LesionTexture& texture, double heterogeneity, Rng rng);

}  // namespace vitrine::phantoms

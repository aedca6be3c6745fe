#pragma once
#include "vitrine/model/scene.hpp"

namespace vitrine::phantoms {

/// Area of a lesion's outer surface, mm^2: the integral of the gradient of its voxels' shares.
///
/// By central differences over `across` voxels along its longest extent; within 0.2 %
/// of balls and ovoids, 0.8 % of a slender rod. A rim where the body turns within a voxel (a
/// lobule's crease, a spicule's tip) is rounded off. Coarea formula: Federer, Geometric Measure
/// Theory (1969), 3.2.
double surface_area(const Scene& scene, const LesionTruth& lesion, int across = 48);

}  // namespace vitrine::phantoms

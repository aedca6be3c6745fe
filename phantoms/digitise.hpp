#pragma once
#include <span>

#include "vitrine/model/scene.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::phantoms {

/// Truth level T0: the scene's HU, averaged over each voxel of the grid.
///
/// `mu_over_rho` is the mass attenuation (mm^2/g) of each of the scene's materials at the energy of
/// interest; `mu_water`, `mu_air` in 1/mm. Exact along the grid's third axis (chords), midpoint
/// rule on 4 x 4 lines across a voxel.
Image object_image(const Scene& scene, const Grid& grid, std::span<const double> mu_over_rho,
                   double mu_water, double mu_air);

/// Share of each voxel inside the union of some solids of the scene, with the same sampling.
Volume<quantity::Fraction> occupancy(const Scene& scene, std::span<const std::uint32_t> solids,
                                     const Grid& grid);

/// Share of each voxel inside a lesion's body, solids or map.
Volume<quantity::Fraction> occupancy(const Scene& scene, const LesionTruth& lesion,
                                     const Grid& grid);

/// Voxels at least half inside.
Mask mask_of(const Volume<quantity::Fraction>& share);

/// The lesion's truth mask: voxels at least half inside its body.
Mask lesion_mask(const Scene& scene, std::size_t lesion, const Grid& grid);

}  // namespace vitrine::phantoms

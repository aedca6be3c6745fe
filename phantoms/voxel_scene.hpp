#pragma once
#include "vitrine/model/scene.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::phantoms {

/// What a scene is made of at the centre of every voxel of a grid, and the organ there, as a map
/// that indexes a table of contents: the voxelised variant of an analytic patient. Densities are
/// kept to 1e-7 g/cm^3. Throws Error (unsupported) where there are more than 65,536 contents.
IndexedMap index_map(const Scene& scene, const Grid& grid);

/// The same patient of voxels: its terms and maps become one map about all of it, its patches stay.
/// `spacing` in mm, the same along all axes; at most 2^31 voxels. Lesions are not carried over.
Scene made_of_voxels(Scene scene, double spacing);

}  // namespace vitrine::phantoms

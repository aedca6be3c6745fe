#pragma once
#include "vitrine/model/scene.hpp"
#include "vitrine/model/volume.hpp"

namespace vitrine::trial {

/// Truth level T0 on any grid: the scene's HU at `energy` [keV], averaged over each voxel.
Image object_image(const Scene& scene, const Grid& grid, double energy);

}  // namespace vitrine::trial

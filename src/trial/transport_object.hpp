#pragma once
#include "vitrine/model/scene.hpp"
#include "vitrine/physics/carlo/object.hpp"

namespace vitrine::trial {

/// A patient for the Monte Carlo, in the voxels of a grid: at a voxel's centre its organ (region 0
/// is `rest`), its densest material, and the density of all materials together. Iodine is mixed
/// into that material, in steps of 0.05 % by mass of its mean over the voxel.
physics::carlo::Object transport_object(const Scene& scene, const Grid& grid);

/// The same of the whole patient, in voxels of `spacing` mm.
physics::carlo::Object transport_object(const Scene& scene, double spacing);

}  // namespace vitrine::trial
